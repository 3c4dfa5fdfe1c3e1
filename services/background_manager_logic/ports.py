"""What the use cases ask of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from services.background_manager_logic.connector import Action, Receipt
from services.background_manager_logic.domain import PoolUser, RegisterUnit, Seen


class BoxPort(Protocol):
    """The boxes. Raises BoxSilent and BoxWrong."""

    def health(self, ip: str) -> Mapping[str, Any]:
        """What the box says of its health."""

    def meter(self, ip: str, serial_number: str) -> Seen | None:
        """A meter as the box sees it; None when it sees none of this number."""

    def unit(self, ip: str, mastr_nr: str) -> Seen | None:
        """A unit as the box sees it; None when it sees none of this number."""

    def account_key(self, ip: str, nonce: str) -> dict[str, Any]:
        """The key of the box's account with quote and certification; see box.py."""

    def bind(self, ip: str, account: str, owner_sub: str) -> dict[str, Any]:
        """Tie the box to its account and owner, once. Raises Conflict, too."""

    def knock(self, ip: str) -> None:
        """Tell the box that there is an event for it on the chain."""

    def order(self, ip: str, kind: str, body: Mapping[str, Any], *, user_token: str, key: str) -> dict[str, Any]:
        """Give the box an order of its owner's. Raises OrderRefused, OrderUnanswered, BoxWrong."""


class RegisterPort(Protocol):
    """The register. Raises RegisterSilent and RegisterWrong."""

    def unit(self, mastr_nr: str) -> RegisterUnit | None:
        """A unit, or None."""

    def units_of(self, operator_mastr_nr: str) -> Sequence[RegisterUnit]:
        """An operator's units; none for one whom the register does not have."""


class PoolPort(Protocol):
    """The identity provider. Raises IdentitySilent and IdentityWrong."""

    def user(self, name: str) -> PoolUser | None:
        """A user by name, e-mail or sub."""

    def users(self) -> Iterator[PoolUser]:
        """All users."""

    def mirror(self, username: str, attributes: Mapping[str, str], *, disabled: bool) -> None:
        """Make the pool say what the participant record says."""

    def erase(self, username: str) -> None:
        """Remove the user; nothing happens when he is gone."""

    def end_sessions(self, username: str) -> None:
        """No token of before gives new ones; nothing happens when he is gone."""


class ChainPort(Protocol):
    """The chain. Raises ChainSilent and ChainWrong."""

    def rows(
        self,
        contract: str,
        table: str,
        scope: str,
        *,
        lower: int | str | None = None,
        upper: int | str | None = None,
        index: int | None = None,
        key_type: str | None = None,
    ) -> list[dict[str, Any]]:
        """All rows between the bounds (inclusive), as at the head."""

    def transact(self, actions: Sequence[Action], idempotency_key: str) -> Receipt:
        """The actions in one transaction, in a block when this returns. Raises ChainRefused."""

    def make_account(self, account_name: str, public_key: str) -> Receipt | None:
        """An account with this key; None when it is there already. Raises ChainRefused (it has another key)."""
