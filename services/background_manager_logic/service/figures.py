"""Energy, slot by slot, from the read model: a unit's day, what was sold and delivered, the balancing group."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.background_manager_logic.errors import Unfit, Unknown
from services.background_manager_logic.market.documents import slot_key
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.market.view import SOLD
from services.background_manager_logic.repository import Listed
from services.background_manager_logic.service.actors import Actor
from services.background_manager_logic.service.names import Names, OnMarket
from services.shared.data import page
from services.shared.times import local_day, slots_of

Document = dict[str, Any]
Figures = Mapping[str, Any]

MAX_SLOTS = 40_000
"""More than a year of quarter hours."""

_WHOLE_GRID_S = 300
"""Slots shorter than this are shown only where something stands: a day has thousands of them."""

SUMMED = (
    "forecast_generation_wh",
    "forecast_consumption_wh",
    "produced_wh",
    "fed_in_wh",
    "consumed_wh",
    "traded_wh",
    "residual_wh",
)


@dataclass(frozen=True, slots=True)
class Day:
    """A unit's day in Europe/Berlin."""

    market: str
    on_market: OnMarket
    day: date
    slot_s: int
    slots: Sequence[Figures]


@dataclass(frozen=True, slots=True)
class SoldOffer:
    """A sold offer with its balance, if it is settled; `produced_wh` as soon as it was measured."""

    offer: Mapping[str, Any]
    unit_mastr_nr: str | None
    produced_wh: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """The balancing group's slots, and their sums."""

    market: str
    group: str | None
    slot_s: int
    slots: Sequence[Figures]
    totals: Figures


class MarketFigures:
    """All may raise PyMongoError."""

    def __init__(self, store: Store, names: Names, clock: Callable[[], float]) -> None:
        self._store = store
        self._names = names
        self._clock = clock

    def market(self, name: str) -> Document:
        """Times, parameters and prices. Raises Unknown."""
        found = self._store.get("markets", name)
        if found is None:
            raise Unknown(f"there is no market {name}")
        return found

    def day(self, actor: Actor, market: str, mastr_nr: str, day: date | None) -> Day:
        """Raises Unknown, NotOwn, ChainSilent, ChainWrong."""
        unit = self._names.own_unit(mastr_nr, actor)
        slot_s = int(self.market(market)["slot_s"])
        found = self._names.on_market(unit, market)
        chosen = day or local_day(int(self._clock()))
        slots = slots_of(chosen, slot_s)
        query = {"market": market, "point": found.point_id, "slot": {"$gte": slots.start, "$lt": slots.stop}}
        rows = {row["slot"]: row for row in self._store.of("slots").find(query).sort("slot")}
        shown = slots if slot_s >= _WHOLE_GRID_S else sorted(rows)
        return Day(
            market, found, chosen, slot_s, [_day_slot(slot, rows.get(slot), found.unit_id, slot_s) for slot in shown]
        )

    def balances(self, actor: Actor, market: str, *, mine: bool, limit: int, cursor: str | None) -> Listed[SoldOffer]:
        """Sold offers, the newest first: of everybody for the EVU, else those that one sold or bought."""
        query: Document = {"market": market, "status": {"$in": list(SOLD)}}
        if mine or not actor.is_evu:
            own = actor.account or "-"
            query["$or"] = [{"seller": own}, {"bidder": own}]
        found = page(self._store.of("views"), query, descending=True, limit=limit, cursor=cursor)
        names = self._names.of(found.items, actor)
        keys = sorted({slot_key(market, offer["slot"], offer["point"]) for offer in found.items})
        rows = {(row["slot"], row["point"]): row for row in self._store.of("slots").find({"_id": {"$in": keys}})}
        sold = []
        for offer in found.items:
            units = rows.get((offer["slot"], offer["point"]), {}).get("units", {})
            produced = units.get(str(offer["unit"]), {}).get("produced_wh")
            sold.append(SoldOffer(offer, names.get(offer["offer_id"]), produced))
        return Listed(sold, found.next_cursor)

    def group(self, market: str, begin: int | None, end: int | None, group: str | None) -> Group:
        """From `begin` to before `end` (seconds since the epoch); today where left out. Raises Unknown, Unfit."""
        about = self.market(market)
        slot_s = int(about["slot_s"])
        begin, end = slot_range(begin, end, slot_s, self._clock())
        query: Document = {"market": market, "slot": {"$gte": begin, "$lt": end}}
        if group is not None:
            query["group"] = group
        sums: dict[int, Document] = {}
        for row in self._store.of("pool").find(query):
            known = sums.setdefault(row["slot"], {})
            for name in (*SUMMED[:-1], "measured_points", "pending_offers"):
                known[name] = known.get(name, 0) + row[name]
        shown = range(begin, end, slot_s) if slot_s >= _WHOLE_GRID_S else sorted(sums)
        points = self._points_at(about, group, begin, end)
        slots = [self._group_slot(slot, sums.get(slot, {}), points(slot), about) for slot in shown]
        totals = {name: sum(slot[name] for slot in slots) for name in SUMMED}
        return Group(market, group, slot_s, slots, totals)

    def _points_at(self, about: Document, group: str | None, begin: int, end: int) -> Callable[[int], int]:
        """How many metering points a slot has: those that were registered before it began.

        Few join after the slots that somebody looks at, so these are counted, and taken from all.
        """
        points = self._store.of("points")
        of_group: Document = {"market": about["market"]} | ({} if group is None else {"group": group})
        all_of_them = int(about["points"]) if group is None else points.count_documents(of_group)
        meanwhile = points.find({**of_group, "since": {"$gt": begin, "$lte": end}}, {"_id": 0, "since": 1})
        joined = sorted(point["since"] for point in meanwhile)
        before = all_of_them - len(joined) - points.count_documents({**of_group, "since": {"$gt": end}})
        return lambda slot: before + bisect.bisect_right(joined, slot)

    def _group_slot(self, slot: int, figures: Document, points: int, about: Document) -> Figures:
        shown: Document = {"slot": slot, "points": points, "measured_points": figures.get("measured_points", 0)}
        shown |= {name: figures.get(name, 0) for name in SUMMED[:-1]}
        shown["residual_wh"] = shown["fed_in_wh"] - shown["consumed_wh"]
        return shown | {"status": self._status(slot, figures, points, about)}

    def _status(self, slot: int, figures: Document, points: int, about: Document) -> str:
        now, end = self._clock(), slot + int(about["slot_s"])
        if now < slot:
            return "forecast"
        if now < end:
            return "running"
        if not points and not figures:
            return "empty"
        params = [row for row in about["params"] if row["from_slot"] <= slot]
        deadline = end + int(max(params, key=lambda row: int(row["from_slot"]))["deadline_s"])
        if figures.get("measured_points", 0) < points and now <= deadline:
            return "incomplete"
        return "measured" if figures.get("pending_offers", 0) else "settled"


def slot_range(begin: int | None, end: int | None, slot_s: int, now: float) -> tuple[int, int]:
    """From the first slot at or after `begin` to `end` (epoch seconds); today where left out. Raises Unfit."""
    today = slots_of(local_day(int(now)), slot_s)
    begin = today.start if begin is None else begin
    end = max(today.stop, begin + slot_s) if end is None else end
    begin = -(-begin // slot_s) * slot_s
    if end <= begin:
        raise Unfit("to", "must lie after from")
    if (end - begin) // slot_s > MAX_SLOTS:
        raise Unfit("to", f"must lie at most {MAX_SLOTS} slots after from")
    return begin, end


def _day_slot(slot: int, row: Figures | None, unit: int, slot_s: int) -> Figures:
    figures = {} if row is None else row["units"].get(str(unit), {})
    shown: Document = {"slot": slot, "slot_end": slot + slot_s}
    shown["forecast_wh"] = figures.get("forecast_wh")
    shown["forecast_consumption_wh"] = None if row is None else row.get("forecast_consumption_wh")
    shown["max_offer_wh"] = figures.get("max_wh")
    shown |= {name: figures.get(name, 0) for name in ("offered_wh", "sold_wh", "delivered_wh")}
    shown["produced_wh"] = figures.get("produced_wh")
    shown |= {name: None if row is None else row.get(name) for name in ("fed_in_wh", "consumed_wh", "reading")}
    return shown
