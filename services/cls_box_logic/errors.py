"""What can go wrong between the box's logic and its neighbours."""

from __future__ import annotations


class BoxError(Exception):
    """Base; the text is one sentence with cause and cure."""


class OpenEmsUnavailable(BoxError):  # noqa: N818 - it says what is
    """OpenEMS did not answer, refused, or answered something else than a value."""


class ChainAway(BoxError):  # noqa: N818 - the same
    """The box's connector, the TPM or the chain does not answer now; the same call may succeed later."""


class ConnectorBroken(BoxError):  # noqa: N818 - the same
    """The connector refused for a reason that is no rule of the market's: a key, a right or a node is wrong."""


class MarketRefused(BoxError):  # noqa: N818 - the same
    """The chain refused an action by a rule of the market."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


class NotAllowedHere(BoxError):  # noqa: N818 - the same
    """The box does not sign this: the unit is not its own, or a limit of its owner's is passed."""


class NoAccount(BoxError):  # noqa: N818 - the same
    """The box has no account on the chain yet."""


class EngineAway(BoxError):  # noqa: N818 - the same
    """The container engine does not answer, or there is none."""


class JournalFull(BoxError):  # noqa: N818 - the same
    """The journal or the disk has no room: nothing is done that could not be noted."""


class NotKept(BoxError):  # noqa: N818 - the same
    """The provisioning file cannot be read or written."""


class TpmAway(BoxError):  # noqa: N818 - the same
    """The TPM, or the TPM API, does not answer now."""


class TpmWrong(BoxError):  # noqa: N818 - the same
    """The TPM API refused: its key is lost, or it is not this box's."""


class TryLater(BoxError):  # noqa: N818 - the same
    """A job cannot be done yet; it is tried again by itself."""


class Unknown(BoxError):  # noqa: N818 - the same
    """There is no such thing at this box."""


class Conflict(BoxError):  # noqa: N818 - the same
    """The call contradicts an earlier one."""


class InFlight(BoxError):  # noqa: N818 - the same
    """The same call is being worked on at this moment."""
