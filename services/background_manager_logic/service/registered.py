"""What a registration is about: what stands in the end, and what the box said of itself."""

from __future__ import annotations

from dataclasses import dataclass

from services.background_manager_logic.domain import Account, Box
from services.background_manager_logic.errors import Conflict
from services.background_manager_logic.service.owners import Owner
from services.shared.chain.errors import KeyFormatError
from services.shared.chain.keys import to_binary


@dataclass(frozen=True, slots=True)
class RegisteredPoint:
    """A grid meter as a metering point of the market."""

    serial_number: str
    point_id: int
    added: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration that is complete. `added`: what this call did."""

    account: Account
    participant_sub: str
    market: str
    points: tuple[RegisteredPoint, ...]
    added: tuple[str, ...]
    transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owned:
    """An account with the participant who has it, when there is one."""

    account: Account
    participant_sub: str | None


@dataclass(frozen=True, slots=True)
class BoxKey:
    """What the box said of itself."""

    public_key: str
    attesting_key: str
    salt: str
    account: str | None
    owner_sub: str | None
    evidence: dict[str, str]


def must_fit(key: BoxKey, name: str, box: Box, owner: Owner) -> None:
    """The box is bound once, to one account and one owner."""
    if key.account not in (None, name):
        raise Conflict(f"the box at {box.ip} is bound to the account {key.account}; repeat it with that name")
    if key.owner_sub not in (None, owner.sub):
        raise Conflict(f"the box at {box.ip} is bound to another owner; provision it anew for this one")


def same_key(one: str, other: str) -> bool:
    try:
        return to_binary("PUB", one) == to_binary("PUB", other)
    except KeyFormatError:
        return False
