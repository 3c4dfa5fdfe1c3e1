"""Offers as they are at the chain's head: rows that the irreversible blocks do not tell yet, and what is shown of both.

A row carries the number of blocks that the chain had before it was read, so it knows at least all up to there; a row
that was read earlier never takes the place of one that was read later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from market.rows import FINAL, OfferStatus
from market.values import Price
from services.background_manager_logic.market.changes import Changes
from services.background_manager_logic.market.documents import Document, offer_key
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.market.view import UNDECIDED, change_of, of_row, offer_view
from services.shared.times import iso

_ROW_BY_ROW = 50
"""Offers that are looked for one by one in a round; the rest in the next."""

_IDLE_ROUNDS = 10
_RECENT_S = 600
_UNDECIDED_KEYS = ((0, (2 << 32) - 1), (5 << 32, (6 << 32) - 1))
"""Of `due_key` (status << 32 | closes_at): open and awarded, unfunded."""


class HeadPort(Protocol):
    """Raises ChainSilent, ChainWrong."""

    def head(self) -> tuple[int, int]:
        """How many blocks the chain has, and the newest one's time in seconds since the epoch."""

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
        """All rows between two keys of an index, as at the head."""


class Heads:
    """`refresh` belongs to one thread; `look` to whoever has just written."""

    def __init__(self, store: Store, chain: HeadPort, changes: Changes, clock: Callable[[], float]) -> None:
        self._store = store
        self._chain = chain
        self._changes = changes
        self._clock = clock
        self._lock = threading.RLock()
        self._rows: dict[str, dict[int, Document]] = {}
        self._woken: set[str] = set()
        self._round = 0

    def refresh(self) -> None:
        """Read what is undecided or unsettled; markets where nothing is, now and then only.

        Raises ChainSilent, ChainWrong, PyMongoError.
        """
        self._round += 1
        for market in self._chain.rows("tbimarket", "markets", "tbimarket"):
            name, slot_s = str(market["market"]), int(market["slot_s"])
            before = self._rows.get(name)
            if before is None:
                before = self._rows[name] = self._undecided(name)
            if before or name in self._woken or self._round % _IDLE_ROUNDS == 1:
                self._woken.discard(name)
                self._refresh_market(name, slot_s, before)

    def look(self, market: str, number: int) -> Document | None:
        """The offer, after a look at its row now. Raises ChainSilent, ChainWrong, PyMongoError."""
        at, _ = self._chain.head()
        self._keep(market, number, at, self._row(market, number), self._slot_s(market))
        return self._store.get("views", offer_key(market, number))

    def publish(self, keys: Iterable[str]) -> None:
        """Show offers anew, after what is irreversible of them has changed."""
        for key in keys:
            market, _, number = key.partition(":")
            with self._lock:
                self._publish(key, market, int(number), None)

    def _refresh_market(self, market: str, slot_s: int, before: Mapping[int, Document]) -> None:
        at, _ = self._chain.head()
        found: dict[int, Document] = {}
        for lower, upper in _UNDECIDED_KEYS:
            for row in self._chain.rows("tbimarket", "offers", market, lower=lower, upper=upper, index=4):
                found[int(row["id"])] = of_row(row)
        for number, row in found.items():
            if before.get(number) != row:
                self._keep(market, number, at, row, slot_s)
        left = [number for number in before if number not in found]
        for number in left[:_ROW_BY_ROW]:
            self._keep(market, number, at, self._row(market, number), slot_s)
        self._rows[market] = found | {number: before[number] for number in left[_ROW_BY_ROW:]}

    def _row(self, market: str, number: int) -> Document | None:
        """One offer's row, with its balance when it is settled; None when there is none (any more)."""
        rows = self._chain.rows("tbimarket", "offers", market, lower=number, upper=number)
        if not rows:
            return None
        settled = rows[0]["status"] == OfferStatus.SETTLED
        balances = self._chain.rows("tbimarket", "balances", market, lower=number, upper=number) if settled else []
        return of_row(rows[0], balances[0] if balances else None)

    def _undecided(self, market: str) -> dict[int, Document]:
        """Those that are shown so, after a start."""
        query = {"market": market, "status": {"$in": list(UNDECIDED)}}
        return {int(view["offer_id"]): {} for view in self._store.of("views").find(query, {"offer_id": 1})}

    def _keep(self, market: str, number: int, at: int, row: Document | None, slot_s: int) -> None:
        key = offer_key(market, number)
        with self._lock:
            known = self._store.of("heads").find_one({"_id": key})
            if known is not None and known["at"] > at:
                return
            kept = {"market": market, "offer_id": number, "at": at, "row": row}
            self._store.of("heads").replace_one({"_id": key}, kept, upsert=True)
            self._publish(key, market, number, slot_s)

    def _publish(self, key: str, market: str, number: int, slot_s: int | None) -> None:
        folded = self._store.get("offers", key)
        head = self._store.of("heads").find_one({"_id": key})
        slot_s = folded["slot_s"] if folded is not None else slot_s if slot_s is not None else self._slot_s(market)
        before = self._store.get("views", key)
        after = offer_view(market, number, slot_s, folded, head)
        if after is not None and after["status"] in UNDECIDED:
            self._woken.add(market)
        if after != before:
            self._tell(change_of(before, after), after or before or {}, folded)
            if after is None:
                self._store.of("views").delete_one({"_id": key})
            else:
                self._store.of("views").replace_one({"_id": key}, after, upsert=True)
        if head is not None and ((folded is not None and folded["status"] in FINAL) or after is None):
            self._store.of("heads").delete_one({"_id": key})

    def _tell(self, kind: str | None, offer: Document, folded: Document | None) -> None:
        """Told before it is shown: after a crash in between it is told twice, rather than never. What is long past is
        not told: a read model that is being rebuilt is no news.
        """
        if kind is None or (folded is not None and folded["changed_at"] < self._clock() - _RECENT_S):
            return
        self._changes.add(kind, offer["market"], told(offer))

    def _slot_s(self, market: str) -> int:
        found = self._store.get("markets", market)
        if found is not None:
            return int(found["slot_s"])
        rows = self._chain.rows("tbimarket", "markets", "tbimarket", lower=market, upper=market, key_type="name")
        return int(rows[0]["slot_s"]) if rows else 900


def told(offer: Mapping[str, Any]) -> Document:
    """What everybody may know of an offer."""
    bid = offer["bid_price"]
    return {
        "market": offer["market"],
        "offer_id": offer["offer_id"],
        "status": offer["status"],
        "slot_start": iso(offer["slot"]),
        "slot_end": iso(offer["slot"] + offer["slot_s"]),
        "energy_wh": offer["energy_wh"],
        "start_price_ct_per_kwh": Price(offer["start_price"]).ct_per_kwh,
        "highest_bid_ct_per_kwh": Price(bid).ct_per_kwh if bid else None,
        "closes_at": iso(offer["closes_at"]),
    }
