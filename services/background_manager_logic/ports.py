"""What the use cases ask of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.background_manager_logic.domain import PoolUser, RegisterUnit, Seen


class BoxPort(Protocol):
    """The boxes. Raises BoxSilent and BoxWrong."""

    def health(self, ip: str) -> Mapping[str, Any]:
        """What the box says of its health."""

    def meter(self, ip: str, serial_number: str) -> Seen | None:
        """A meter as the box sees it; None when it sees none of this number."""

    def unit(self, ip: str, mastr_nr: str) -> Seen | None:
        """A unit as the box sees it; None when it sees none of this number."""


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

    def mirror(self, username: str, attributes: Mapping[str, str], *, disabled: bool) -> None:
        """Make the pool say what the participant record says."""

    def erase(self, username: str) -> None:
        """Remove the user; nothing happens when he is gone."""
