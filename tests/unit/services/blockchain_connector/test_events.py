"""Events by hand: whose number it is, and which metering point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from market.values import salted_hash
from services.blockchain_connector.participants import ManagerSilent, NoManager, Numbers
from services.blockchain_connector.performer.authority import NotPermitted
from services.blockchain_connector.performer.events import EventByHand, EventCalls
from services.shared.chain.errors import NotFound

SALT, OLD_SALT = "ab" * 16, "cd" * 16
METER, UNIT, MOVED = "1TBI0000000011", "SEE900000000119", "10012345"


def _hash(salt: str, number: str) -> str:
    return salted_hash(bytes.fromhex(salt), number).hex()


TABLES: dict[str, list[dict[str, Any]]] = {
    "points": [
        {"id": 6, "box": "box0", "hash": _hash(OLD_SALT, MOVED)},
        {"id": 7, "box": "box1", "hash": _hash(SALT, METER)},
        {"id": 8, "box": "box2", "hash": _hash(SALT, MOVED)},
    ],
    "units": [{"id": 9, "point": 7, "hash": _hash(SALT, UNIT)}],
}


class Rows:
    """The registry's tables, with their two indexes."""

    def rows(self, _contract: str, _scope: str, table: str, **bounds: Any) -> list[dict[str, Any]]:
        if not bounds:
            return TABLES[table]
        if bounds.get("index") == 2:
            return [row for row in TABLES[table] if int(row["hash"][:16], 16) == bounds["lower"]]
        return [row for row in TABLES[table] if row["id"] == bounds["lower"]]


class Everybody:
    def __init__(self, *known: Numbers) -> None:
        self._known = known

    def numbers(self) -> Iterator[Numbers]:
        return iter(self._known)


def _call(number: str, participants: Any, kind: str = "send_data", account: str = "tbiAdmin") -> Any:
    event = EventByHand("lem", account, kind, number, "2026-11-22T07:00:00Z", 5, "buyer")
    return EventCalls(cast(Any, Rows()), participants).call(event).data


OWNER = Numbers(SALT, frozenset({METER, UNIT, MOVED}))
FORMER = Numbers(OLD_SALT, frozenset())


@pytest.mark.parametrize("number", [_hash(SALT, METER), _hash(SALT, UNIT), "7"])
def test_m_evt_02_by_hash_or_id_nobody_needs_to_be_asked(number: str) -> None:
    data = _call(number, NoManager())
    assert (data["point"], data["box"], data["kind"], data["slot"]) == (7, "box1", "senddata", 1795330800)
    assert (data["energy_wh"], data["buyer"]) == (5, "buyer")


@pytest.mark.parametrize(("number", "point"), [(METER, 7), (UNIT, 7), (MOVED, 8)])
def test_m_evt_02_a_number_in_clear_is_looked_up_by_its_participants_salt(number: str, point: int) -> None:
    assert _call(number, Everybody(FORMER, OWNER))["point"] == point


def test_m_evt_02_a_number_that_no_record_lists_is_tried_with_every_salt() -> None:
    assert _call(METER, Everybody(FORMER, Numbers(SALT, frozenset())))["point"] == 7


@pytest.mark.parametrize("number", ["1TBI0000000099", "SEE900000000126", "99", "0" * 64])
def test_m_evt_02_a_number_that_nobody_has_is_not_found(number: str) -> None:
    with pytest.raises(NotFound):
        _call(number, Everybody(FORMER, OWNER))


def test_without_the_manager_a_number_in_clear_cannot_be_looked_up() -> None:
    with pytest.raises(ManagerSilent, match="TBI_MANAGER_URL"):
        _call(METER, NoManager())


@pytest.mark.parametrize("kind", ["senddata", "send_data", "sendData", "SEND_DATA"])
def test_m_evt_02_the_kind_may_be_written_as_people_write_it(kind: str) -> None:
    assert _call("7", NoManager(), kind, "tbiadmin")["kind"] == "senddata"


def test_m_evt_02_events_by_hand_are_the_operators() -> None:
    with pytest.raises(NotPermitted):
        _call("7", NoManager(), account="tbievu")
