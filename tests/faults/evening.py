"""The end of a day: all of its slots are over and settled, and everybody who keeps books keeps the same ones."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import requests

from auditor.audit import Result, audit
from auditor.chain.sources import NodeSource
from deploy.local.fill.people import MANAGER
from market.rows.states import FINAL
from services.shared.wait import wait_until
from services.shared.web.auth import read_box_secret
from tests.faults.day import SLOT_S, Day, moment
from tests.local_system import RunningSystem

_SETTLED_S: Final = 300
_DONE_S: Final = 60


def wait_for_evening(day: Day) -> range:
    """The day's slots, when the last that was traded is over and decided and all that boxes measured has come."""
    rows = day.system.chain.client.rows
    last = max(row["slot"] for row in rows("tbimarket", day.market, "offers"))
    wait_until(lambda: time.time() > last + SLOT_S + 2, 200, every=0.5, what="the last slot's end")
    slots = range(day.first, last + SLOT_S, SLOT_S)
    wait_until(lambda: not open_offers(day), _SETTLED_S, every=1.0, what="the settlement of all offers")
    wait_until(lambda: not open_events(day), _DONE_S, every=1.0, what="the boxes' events, all worked on")
    return slots


def open_offers(day: Day) -> list[dict[str, Any]]:
    """Offers that are not unsold, settled or withdrawn yet."""
    offers = day.system.chain.client.rows("tbimarket", day.market, "offers")
    return [row for row in offers if row["status"] not in FINAL]


def open_events(day: Day) -> int:
    """What boxes have been asked for and have not done."""
    return sum(of_box(day.system, name, "/state")["open_events"] for name in day.boxes)


def of_box(system: RunningSystem, name: str, path: str, **query: Any) -> dict[str, Any]:
    """What a box answers to the one who knows its secret."""
    box = next(entry for entry in system.plan.boxes if entry.name == name)
    secret = read_box_secret(system.plan.box_folder(box) / "secret")
    url = f"{system.endpoints[f'{name}.cls-box-logic']}{path}"
    answer = requests.get(url, params=query, headers={"Authorization": f"Bearer {secret}"}, timeout=20)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def journal(system: RunningSystem, name: str, market: str) -> list[dict[str, Any]]:
    """All entries of a box's journal that belong to the market, oldest first."""
    found: list[dict[str, Any]] = []
    since = 0
    while items := (page := of_box(system, name, "/journal", since=since, limit=1000))["items"]:
        found += [entry for entry in items if entry["market"] == market]
        since = page["next_since"]
    return found


def readings(day: Day) -> dict[tuple[int, int], dict[str, Any]]:
    """What the chain has, by slot and point."""
    rows = day.system.chain.client.rows("tbimarket", day.market, "readings")
    return {(int(row["key"]) >> 32, int(row["key"]) & 0xFFFFFFFF): row for row in rows}


def lost_readings(day: Day) -> list[str]:
    """What a box has noted as measured and the chain has not, or has otherwise."""
    there, lost = readings(day), list[str]()
    for name in day.boxes:
        for entry in journal(day.system, name, day.market):
            if entry["kind"] == "measured":
                lost += _not_as_noted(name, entry, there)
    return lost


def _not_as_noted(name: str, entry: dict[str, Any], there: dict[tuple[int, int], dict[str, Any]]) -> Iterable[str]:
    noted = entry["data"]
    row = there.get((moment(entry["slot_start"]), int(noted["point"])))
    if row is None:
        yield f"{name}, {entry['slot_start']}: measured, and not on the chain"
    elif (row["fed_in_wh"], row["consumed_wh"]) != (noted["fed_in_wh"], noted["consumed_wh"]):
        yield f"{name}, {entry['slot_start']}: the chain has other figures than the journal"


def not_measured(day: Day, slots: range) -> list[str]:
    """Slots of the day for which a point has no reading, with what its box says about it."""
    there = readings(day)
    points = {row["account"]: row["id"] for row in day.system.chain.client.rows("tbiclsbox", day.market, "points")}
    return [
        f"{name}, slot {slot}"
        for name, account in day.accounts.items()
        for slot in slots
        if (slot, points[account]) not in there
    ]


def doubly_noted(day: Day) -> list[str]:
    """Readings that a box's journal has twice."""
    found = []
    for name in day.boxes:
        entries = [entry for entry in journal(day.system, name, day.market) if entry["kind"] == "measured"]
        counted = Counter((entry["slot_start"], entry["data"]["point"]) for entry in entries)
        found += [f"{name}: {place}" for place, times in counted.items() if times > 1]
    return found


def audited(system: RunningSystem) -> Result:
    """The whole chain, replayed by the model: signatures, decisions, money at each block, rows at the head."""
    return audit(NodeSource(system.plan.url("chain"), None), lambda _line: None)


def otherwise_in_the_portal(day: Day) -> list[str]:
    """Offers whose price, bidder or state the read model tells otherwise than the chain."""
    evu, told = day.people["evu"], {}
    for row in evu.all(f"{MANAGER}/market/offers", market=day.market):
        told[int(row["offer_id"])] = row
    rows = day.system.chain.client.rows("tbimarket", day.market, "offers")
    names = {2: "unsold", 3: "withdrawn", 4: "settled"}
    wrong = [f"offer {row['id']} is missing" for row in rows if row["id"] not in told]
    for row in (one for one in rows if one["id"] in told):
        shown = told[row["id"]]
        price = row["bid_price"] / 10_000 if row["bidder"] else None
        seen = None if shown["highest_bid_ct_per_kwh"] is None else float(shown["highest_bid_ct_per_kwh"])
        if (names[row["status"]], row["energy_wh"], price) != (shown["status"], shown["energy_wh"], seen):
            wrong.append(f"offer {row['id']}: {row} on the chain, {shown} in the portal")
    return wrong
