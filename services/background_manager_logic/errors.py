"""What can go wrong, by who answers for it. Each text is one sentence with cause and cure."""

from __future__ import annotations


class ManagerError(Exception):
    """Base."""


class Unknown(ManagerError):  # noqa: N818 - it says what is
    """There is no such thing."""


class Conflict(ManagerError):  # noqa: N818 - the same
    """The state of things is against it: it exists already, something depends on it, it belongs to another."""


class NotOwn(ManagerError):  # noqa: N818 - the same
    """It is not the caller's, or he has no (active) participant record."""


class SignInRefused(ManagerError):  # noqa: N818 - the same
    """Wrong name, password, answer or token."""


class Unfit(ManagerError):  # noqa: N818 - the same
    """A value that cannot be taken. `field` names it."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field} {what}")
        self.field = field
        self.what = what


class BoxSilent(ManagerError):  # noqa: N818 - the same
    """A box, or a device at it, does not answer."""


class BoxWrong(ManagerError):  # noqa: N818 - the same
    """A box answered, but not as a box does."""


class RegisterSilent(ManagerError):  # noqa: N818 - the same
    """The register (MaStR-Connector) does not answer."""


class RegisterWrong(ManagerError):  # noqa: N818 - the same
    """The register answered, but not as it does."""


class IdentitySilent(ManagerError):  # noqa: N818 - the same
    """The identity provider does not answer, or is overloaded."""


class IdentityWrong(ManagerError):  # noqa: N818 - the same
    """The identity provider refused a call that it should take: its configuration or this service's is wrong."""
