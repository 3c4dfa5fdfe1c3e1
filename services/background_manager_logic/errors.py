"""What can go wrong, by who answers for it. Each text is one sentence with cause and cure."""

from __future__ import annotations

from collections.abc import Mapping


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


class OrderUnanswered(BoxSilent):
    """An order has no answer: box, TPM or chain are away. The same Idempotency-Key may be tried again."""


class OrderRefused(ManagerError):  # noqa: N818 - the same
    """The box refused an order, or the market did (with its `rule`): `status` and text are the box's, for the user."""

    def __init__(
        self,
        status: int,
        detail: str,
        rule: str | None = None,
        *,
        errors: Mapping[str, str] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.rule = rule
        self.errors = dict(errors or {})
        self.retry_after_s = retry_after_s


class RegisterSilent(ManagerError):  # noqa: N818 - the same
    """The register (MaStR-Connector) does not answer."""


class RegisterWrong(ManagerError):  # noqa: N818 - the same
    """The register answered, but not as it does."""


class IdentitySilent(ManagerError):  # noqa: N818 - the same
    """The identity provider does not answer, or is overloaded."""


class IdentityWrong(ManagerError):  # noqa: N818 - the same
    """The identity provider refused a call that it should take: its configuration or this service's is wrong."""


class ChainRefused(ManagerError):  # noqa: N818 - the same
    """A contract (or the connector) said no, for good. `rule`: the market's rule, where one was named."""

    def __init__(self, rule: str | None, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


class ChainSilent(ManagerError):  # noqa: N818 - the same
    """The blockchain-connector or the chain behind it does not answer."""


class ChainWrong(ManagerError):  # noqa: N818 - the same
    """The blockchain-connector answered, but not as it does."""
