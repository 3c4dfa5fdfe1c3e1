"""The market's registry on the chain: who and what is registered, and registering it (M-REG-01: each once)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from market.values import salted_hash
from services.background_manager_logic.connector import Action, Receipt
from services.background_manager_logic.errors import ChainRefused, Unknown
from services.background_manager_logic.ports import ChainPort
from services.shared.wait import wait_until

K = TypeVar("K")

_REGISTRY: Final = "tbiclsbox"
_ONCE: Final = "M-REG-01"
_SEEN_WITHIN_S: Final = 3.0
"""What makes the chain refuse may stand in the block that is being made; after this time it can be read."""


@dataclass(frozen=True, slots=True)
class ChainPoint:
    """A metering point as the chain has it: its id there and the account whose it is."""

    id: int
    account: str


@dataclass(frozen=True, slots=True)
class ChainUnit:
    """A unit as the chain has it. `since`: seconds since the epoch."""

    id: int
    hash: str
    point: int
    since: int


def hash_of(salt: str, number: str) -> str:
    """How a meter's or a unit's number stands on the chain (M-PRV-01); both hexadecimal."""
    return salted_hash(bytes.fromhex(salt), number).hex()


class Registry:
    """Reads at the head of the chain. All calls raise ChainSilent and ChainWrong."""

    def __init__(self, chain: ChainPort) -> None:
        self._chain = chain

    def require_market(self, market: str) -> None:
        """Raises Unknown."""
        if not self._chain.rows("tbimarket", "markets", "tbimarket", lower=market, upper=market, key_type="name"):
            raise Unknown(f"there is no market {market}")

    def box_key(self, market: str, account: str) -> str | None:
        """The key with which a box is registered."""
        rows = self._chain.rows(_REGISTRY, "boxes", market, lower=account, upper=account, key_type="name")
        return str(rows[0]["key"]) if rows else None

    def point(self, market: str, digest: str) -> ChainPoint | None:
        """The metering point with this hash."""
        row = self._by_hash("points", market, digest)
        return None if row is None else ChainPoint(int(row["id"]), str(row["account"]))

    def unit(self, market: str, digest: str) -> ChainUnit | None:
        """The unit with this hash."""
        row = self._by_hash("units", market, digest)
        return None if row is None else _unit(row)

    def units(self, market: str, first: int, count: int) -> list[ChainUnit]:
        """`count` units at most, from the id `first` on; ids run from 1 without a gap, for none is ever removed."""
        rows = self._chain.rows(_REGISTRY, "units", market, lower=first, upper=first + count - 1)
        return [_unit(row) for row in rows]

    def points(self, market: str, first: int, last: int) -> dict[int, ChainPoint]:
        """The points with ids from `first` to `last`, by id."""
        rows = self._chain.rows(_REGISTRY, "points", market, lower=first, upper=last)
        return {int(row["id"]): ChainPoint(int(row["id"]), str(row["account"])) for row in rows}

    def register(self, missing: Callable[[], Sequence[tuple[K, Action]]]) -> tuple[list[K], Receipt | None]:
        """Have registered what `missing` says is missing, all in one transaction, and give what was.

        Another may register the same at the same time: then the chain refuses (each once), and what is missing is
        looked up anew. The same happens when an earlier transaction, of which no answer came, takes effect late.
        Raises ChainRefused.
        """
        wanted = missing()
        while wanted:
            try:
                receipt = self._chain.transact([action for _, action in wanted], secrets.token_hex(16))
            except ChainRefused as refusal:
                if refusal.rule != _ONCE:
                    raise
                wanted = _fewer(missing, len(wanted), refusal)
            else:
                return [name for name, _ in wanted], receipt
        return [], None

    def _by_hash(self, table: str, market: str, digest: str) -> dict[str, Any] | None:
        """Index 2 is the hash's first 8 bytes; more than one hash may begin with them."""
        prefix = int(digest[:16], 16)
        rows = self._chain.rows(_REGISTRY, table, market, lower=prefix, upper=prefix, index=2)
        return next((row for row in rows if row["hash"] == digest), None)


def box_action(market: str, account: str, public_key: str) -> Action:
    """Registers a box."""
    return Action(_REGISTRY, "regbox", {"market": market, "box": account, "key": public_key})


def point_action(market: str, account: str, group: str, digest: str) -> Action:
    """Registers a metering point, and its participant with the first one."""
    data = {"market": market, "account": account, "box": account, "group": group, "hash": digest}
    return Action(_REGISTRY, "regpoint", data)


def unit_action(market: str, point: int, digest: str) -> Action:
    """Registers a unit at its metering point."""
    return Action(_REGISTRY, "regunit", {"market": market, "point": point, "hash": digest})


def _fewer(
    missing: Callable[[], Sequence[tuple[K, Action]]], count: int, refusal: ChainRefused
) -> Sequence[tuple[K, Action]]:
    """What is still missing, when it is less than `count`. Raises the refusal when it stays as much."""

    def look() -> tuple[Sequence[tuple[K, Action]]] | None:
        still = missing()
        return (still,) if len(still) < count else None

    try:
        return wait_until(look, _SEEN_WITHIN_S, every=0.2)[0]
    except TimeoutError:
        raise refusal from None


def _unit(row: dict[str, Any]) -> ChainUnit:
    return ChainUnit(int(row["id"]), str(row["hash"]), int(row["point"]), int(row["since"]))
