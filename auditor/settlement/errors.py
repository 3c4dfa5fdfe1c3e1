"""What can be wrong with a settlement file, or with making one."""


class SettlementError(Exception):
    """The text names cause and cure."""


class Invalid(SettlementError):  # noqa: N818 - it reads as what was found
    """The file says something that does not hold."""


class Unreadable(SettlementError):  # noqa: N818
    """It is no settlement file of a version that is known here, or cannot be read."""


class NotYet(SettlementError):  # noqa: N818
    """The node cannot give what is needed now."""
