"""What the EVU took over (M-SEC-02), and the P2X tokens that it mints for it (M-P2X-01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.connector import Action
from services.background_manager_logic.errors import Unfit, Unknown
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.ports import ChainPort
from services.background_manager_logic.repository import Listed
from services.background_manager_logic.service.actors import EVU_ACCOUNT
from services.background_manager_logic.service.figures import slot_range
from services.shared.data import page

Document = dict[str, Any]
Figures = Mapping[str, Any]

ENERGIES = ("swept_wh", "passive_wh", "unused_wh")
AMOUNTS = ("swept", "passive", "unused")
_UINT32_MAX = 2**32 - 1
_PTX = " PTX"


@dataclass(frozen=True, slots=True)
class Secondary:
    """Slots in which something was taken over, and their sums. Energies in Wh, amounts in units of 1e-6 EUR."""

    market: str
    slot_s: int
    slots: Sequence[Figures]
    totals: Figures


@dataclass(frozen=True, slots=True)
class Power2X:
    """What can be minted as the chain has it now. `history`: what was, as far as it is irreversible; newest first."""

    market: str
    slot_s: int
    balance: int
    slots: Sequence[Figures]
    history: Listed[Figures]


@dataclass(frozen=True, slots=True)
class Minted:
    """Tokens that came to be for a slot, one per kWh."""

    market: str
    slot: int
    kwh: int
    transaction_id: str
    block_num: int


class Takeovers:
    """The EVU's own. All may raise PyMongoError."""

    def __init__(self, store: Store, chain: ChainPort, clock: Callable[[], float]) -> None:
        self._store = store
        self._chain = chain
        self._clock = clock

    def secondary(self, market: str, begin: int | None, end: int | None) -> Secondary:
        """From `begin` to before `end` (seconds since the epoch); today where left out. Raises Unknown, Unfit."""
        slot_s = self._slot_s(market)
        begin, end = slot_range(begin, end, slot_s, self._clock())
        query = {"market": market, "slot": {"$gte": begin, "$lt": end}}
        slots = list(self._store.of("takeovers").find(query, {"_id": 0, "batch": 0}).sort("slot"))
        names = (*ENERGIES, *AMOUNTS, "minted_wh")
        return Secondary(market, slot_s, slots, {name: sum(slot[name] for slot in slots) for name in names})

    def power2x(self, market: str, begin: int | None, end: int | None, limit: int, cursor: str | None) -> Power2X:
        """Slots that the chain still has; all where `begin` and `end` are left out.

        Raises Unknown, Unfit, BadCursor, ChainSilent, ChainWrong.
        """
        slot_s = self._slot_s(market)
        first, last = begin or 0, _UINT32_MAX if end is None else end - 1
        if last < first:
            raise Unfit("to", "must lie after from")
        rows = self._chain.rows("tbimarket", "takeovers", market, lower=first, upper=last)
        slots = [_mintable(row) for row in rows]
        found = page(
            self._store.of("mints"), {"market": market}, sort="order", descending=True, limit=limit, cursor=cursor
        )
        history: Listed[Figures] = Listed(list(found.items), found.next_cursor)
        return Power2X(market, slot_s, self.balance(), slots, history)

    def balance(self) -> int:
        """The EVU's P2X tokens, one per kWh, as the chain has it now. Raises ChainSilent, ChainWrong."""
        balances = [str(row["balance"]) for row in self._chain.rows("tbitoken", "accounts", EVU_ACCOUNT)]
        return next((int(one.removesuffix(_PTX)) for one in balances if one.endswith(_PTX)), 0)

    def mint(self, market: str, slot: int, kwh: int, key: str) -> Minted:
        """Mint tokens for energy of a slot. Raises ChainRefused, ChainSilent, ChainWrong."""
        data = {"market": market, "slot": slot, "kwh": kwh}
        receipt = self._chain.transact([Action("tbimarket", "mintp2x", data)], key)
        return Minted(market, slot, kwh, receipt.transaction_id, receipt.block_num)

    def _slot_s(self, market: str) -> int:
        found = self._store.get("markets", market)
        if found is None:
            raise Unknown(f"there is no market {market}")
        return int(found["slot_s"])


def _mintable(row: Mapping[str, Any]) -> Figures:
    taken = sum(int(row[name]) for name in ENERGIES)
    minted = int(row["minted_wh"])
    return {
        "slot": int(row["slot"]),
        "taken_over_wh": taken,
        "minted_wh": minted,
        "mintable_kwh": max(0, taken - minted) // 1000,
    }
