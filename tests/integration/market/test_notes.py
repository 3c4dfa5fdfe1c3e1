"""Agreements in a real database: how each stands, an order's note beside the folded document, what followers hear."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from services.background_manager_logic.market.agreements import (
    AGREED,
    DEAL_STATUSES,
    DROPPED,
    PASSIVE_STATUSES,
    PROPOSED,
    VOID,
    deal_status,
    passive_status,
    with_deal_status,
    with_passive_status,
)
from services.background_manager_logic.market.changes import Changes
from services.background_manager_logic.market.news import News
from services.background_manager_logic.market.notes import Notes
from services.background_manager_logic.market.store import Store
from tests.integration.mongo import Mongo

NOW = 1_795_305_600
AROUND = (NOW - 900, NOW, NOW + 900)


@pytest.fixture
def store(mongo: Mongo) -> Iterator[Store]:
    db = mongo.database("notes")
    db.client.drop_database("notes")
    made = Store(db)
    made.prepare()
    yield made
    db.client.close()


def keep(store: Store, kind: str, number: int, **document: Any) -> str:
    key = f"lem:{number:010d}"
    about = {"_id": key, "market": "lem", "proposed_at": NOW + number, "block_num": 10, "batch": 1}
    store.of(kind).insert_one(about | document)
    return key


def test_a_status_is_asked_for_as_it_is_shown(store: Store) -> None:
    """Every state at every time has one status, and the query of that status alone finds it."""
    passives: dict[str, str] = {}
    states = (PROPOSED, DROPPED, AGREED, VOID)
    for number, (state, closes, begin, until) in enumerate(itertools.product(states, AROUND, AROUND, (0, *AROUND))):
        told = {"state": state, "closes_at": closes, "from_slot": begin, "until_slot": until}
        passives[keep(store, "passives", number, **told)] = passive_status(told, NOW)
    for status in PASSIVE_STATUSES:
        found = {one["_id"] for one in store.of("passives").find(with_passive_status(status, NOW))}
        assert found == {key for key, stands in passives.items() if stands == status}
        assert found, status
    deals: dict[str, str] = {}
    for number, (state, closes) in enumerate(itertools.product(states[:3], AROUND)):
        told = {"state": state, "closes_at": closes}
        deals[keep(store, "deals", number, **told)] = deal_status(told, NOW)
    for status in DEAL_STATUSES:
        found = {one["_id"] for one in store.of("deals").find(with_deal_status(status, NOW))}
        assert found == {key for key, stands in deals.items() if stands == status}
        assert found, status


def test_the_later_block_is_shown_whichever_tells_of_it(store: Store) -> None:
    notes = Notes(store)
    key = keep(store, "deals", 1, state=PROPOSED)
    old = notes.get("deals", key)
    assert old is not None
    assert (old["state"], old["irreversible"]) == (PROPOSED, True)
    notes.put("deals", key, {**old, "state": AGREED, "block_num": 11})
    assert _seen(notes) == [(AGREED, False)]
    assert _seen(notes, state=PROPOSED) == []
    assert _seen(notes, state=AGREED) == [(AGREED, False)]
    store.of("deals").update_one({"_id": key}, {"$set": {"state": AGREED, "block_num": 11}})
    assert _seen(notes) == [(AGREED, True)]
    store.of("deals").update_one({"_id": key}, {"$set": {"state": DROPPED, "block_num": 12}})
    assert _seen(notes, state=AGREED) == []
    assert _seen(notes) == [(DROPPED, True)]


def test_what_is_only_noted_is_listed_in_its_place_and_parts_go_on(store: Store) -> None:
    notes = Notes(store)
    for number in (1, 3, 5):
        keep(store, "deals", number, state=PROPOSED)
    for number in (2, 4):
        notes.put(
            "deals",
            f"lem:{number:010d}",
            {"market": "lem", "proposed_at": NOW + number, "block_num": 20, "state": PROPOSED},
        )
    seen, cursor = [], None
    while True:
        part = notes.page("deals", {"market": "lem"}, "proposed_at", 2, cursor)
        seen += [one["proposed_at"] - NOW for one in part.items]
        cursor = part.next_cursor
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]
    assert notes.get("deals", "lem:0000000002") is not None
    assert notes.get("deals", "lem:0000000009") is None


def test_notes_go_away_by_themselves_and_with_the_read_model(store: Store) -> None:
    Notes(store).put("deals", "lem:1", {"market": "lem", "proposed_at": NOW, "block_num": 1})
    index = store.of("noted_deals").index_information()["expiry"]
    assert (index["key"], index["expireAfterSeconds"]) == ([("noted_at", 1)], 300)
    store.forget()
    assert store.of("noted_deals").count_documents({}) == 0


def test_r9_a_read_model_of_another_shape_is_made_anew(store: Store) -> None:
    store.commit(store.cursor(), 7, "chain", [])
    store.prepare()
    assert store.cursor()["since"] == 7
    store._cursor.update_one({"_id": "feed"}, {"$unset": {"shape": ""}})
    store.prepare()
    assert store.cursor()["since"] == 0


def test_followers_are_told_which_and_how_it_stands_and_no_terms(store: Store) -> None:
    changes = Changes(store.of("changes"))
    about = {"market": "lem", "changed_at": NOW, "state": PROPOSED, "closes_at": NOW + 900, "slot": NOW, "unit": 7}
    terms = {"price": 80_000, "owner": "ownerabcde11", "seller": "sellerabcde1", "buyer": "buyerabcde11", "kwh": 2}
    passive = {**about, **terms, "id": "5f0c1d2e3a4b5968", "from_slot": NOW, "until_slot": 0}
    writes = [["passives", "a", passive], ["deals", "b", about | terms], ["takeovers", "c", about | terms]]
    writes += [["mints", "d", about | terms], ["offers", "e", {}], ["deals", "f", about | {"changed_at": NOW - 601}]]
    News(changes, lambda: float(NOW)).tell(writes)
    told = [(one["kind"], one["data"]) for one in changes.after(0)]
    assert told == [
        ("passive", {"market": "lem", "contract_id": "7-5f0c1d2e3a4b5968", "status": "proposed"}),
        ("p2p", {"market": "lem", "deal_id": f"7-{NOW}", "status": "proposed"}),
        ("secondary", {"market": "lem", "slot_start": "2026-11-22T00:00:00Z"}),
        ("p2x", {"market": "lem", "slot_start": "2026-11-22T00:00:00Z"}),
    ]


def _seen(notes: Notes, **query: Any) -> list[tuple[str, bool]]:
    found = notes.page("deals", {"market": "lem", **query}, "proposed_at", 10, None)
    return [(one["state"], one["irreversible"]) for one in found.items]
