"""What the keeper finds due, from rows and a time."""

from __future__ import annotations

from typing import Any

import pytest

from market.values import slot_key
from services.blockchain_connector.keeper import domain
from services.blockchain_connector.keeper.domain import Clock, Point, SlotRows, Task

SLOT = 1000 * 900
PARAMS = [
    {"from_slot": 0, "deadline_s": 3600, "retain_s": 7200},
    {"from_slot": SLOT + 9000, "deadline_s": 10, "retain_s": 20},
]
POINTS = (Point(1, "seller", 0), Point(2, "buyer", 0), Point(3, "buyer", SLOT + 1), Point(4, "other", 0))


def _clock(until: int = 0) -> Clock:
    return Clock.of({"market": "lem", "slot_s": 900, "until": until, "evu": "tbievu"}, PARAMS[::-1])


def _offer(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {"id": number, "status": 1, "closes_at": SLOT - 900, "point": 1, "slot": SLOT, "bidder": "buyer"}
    return {**row, **changes}


def _reading(point: int, status: int = 0, surplus: int = 0) -> dict[str, Any]:
    return {"key": slot_key(SLOT, point), "status": status, "surplus": surplus}


def _rows(*offers: dict[str, Any], readings: tuple[dict[str, Any], ...] = (), undecided: int = 0) -> SlotRows:
    pending = sum(offer["status"] in (0, 1, 5) for offer in offers)
    return SlotRows(SLOT, undecided, pending, offers, readings)


def _ids(tasks: Any) -> list[int]:
    return [int(dict(task.data)["offer"]) for task in tasks]


def test_m_awd_01_awards_what_has_closed_the_earliest_first() -> None:
    offers = [
        _offer(3, status=0, closes_at=101),
        _offer(1, status=0, closes_at=102),
        _offer(2, status=0, closes_at=101),
        _offer(4, status=0, closes_at=103),
        _offer(5, status=1, closes_at=50),
    ]
    assert _ids(domain.awards(_clock(), offers, now=102)) == [2, 3, 1]
    assert _ids(domain.awards(_clock(), offers, now=100)) == []


def _counters(slot: int, point: int = 0, points: int = 3) -> dict[str, int]:
    return {"event_slot": slot, "event_point": point, "points": points}


def test_m_evt_01_events_of_ended_slots_one_call_each() -> None:
    assert list(domain.events(_clock(), None, now=10**9)) == []
    assert list(domain.events(_clock(), _counters(SLOT), now=SLOT + 899)) == []
    (task,) = domain.events(_clock(), _counters(SLOT), now=SLOT + 900)
    assert (task.account, task.name, dict(task.data)) == ("tbiclsbox", "senddata", {"market": "lem", "limit": 64})
    two = list(domain.events(_clock(), _counters(SLOT), now=SLOT + 1800))
    assert len({task.key for task in two}) == 2


def test_m_evt_01_a_slot_of_many_points_takes_several_calls() -> None:
    calls = [dict(enumerate(t.key))[3] for t in domain.events(_clock(), _counters(SLOT, points=130), now=SLOT + 900)]
    assert calls == [0, 64, 128]
    assert len(list(domain.events(_clock(), _counters(SLOT, points=128), now=SLOT + 900))) == 2
    assert len(list(domain.events(_clock(), _counters(SLOT, point=64, points=130), now=SLOT + 900))) == 2


def test_m_evt_01_no_events_beyond_the_markets_end() -> None:
    ended = list(domain.events(_clock(until=SLOT + 1800), _counters(SLOT), now=SLOT + 90_000))
    assert len(ended) == 2


def test_m_kee_01_after_an_outage_a_bounded_number_of_calls_at_once() -> None:
    assert len(list(domain.events(_clock(), _counters(SLOT), now=SLOT + 10**6))) == 16


@pytest.mark.parametrize(
    ("readings", "due"),
    [
        ((), False),
        ((1,), False),
        ((2,), False),
        ((1, 2), True),  # point 3 came after the slot's start
        ((1, 2, 3, 4), True),
    ],
)
def test_m_set_04_settles_when_both_sides_readings_are_there(readings: tuple[int, ...], due: bool) -> None:
    rows = _rows(_offer(), readings=tuple(_reading(point) for point in readings))
    assert bool(_ids(domain.settlements(_clock(), rows, POINTS, now=SLOT + 1000))) is due


def test_m_set_04_after_the_deadline_without_readings() -> None:
    deadline = SLOT + 900 + 3600
    assert _ids(domain.settlements(_clock(), _rows(_offer()), POINTS, now=deadline)) == []
    assert _ids(domain.settlements(_clock(), _rows(_offer()), POINTS, now=deadline + 1)) == [1]


def test_m_del_04_a_record_only_is_no_reading() -> None:
    rows = _rows(_offer(), readings=(_reading(1), _reading(2, status=2)))
    assert _ids(domain.settlements(_clock(), rows, POINTS, now=SLOT + 1000)) == []


def test_m_evu_01_an_evu_has_no_readings_to_wait_for() -> None:
    rows = _rows(_offer(bidder="tbievu"), readings=(_reading(1),))
    assert _ids(domain.settlements(_clock(), rows, POINTS, now=SLOT + 1000)) == [1]


def test_m_set_07_nothing_settles_or_is_swept_before_all_is_decided() -> None:
    rows = _rows(_offer(), readings=(_reading(1), _reading(2)), undecided=1)
    assert list(domain.settlements(_clock(), rows, POINTS, now=SLOT + 10**6)) == []
    assert list(domain.sweeps(_clock(), rows)) == []


def test_m_led_04_unfunded_ones_are_tried_again_and_final_ones_are_not() -> None:
    offers = [_offer(n, status=n) for n in range(6)]
    rows = _rows(*offers, readings=(_reading(1), _reading(2)))
    assert _ids(domain.settlements(_clock(), rows, POINTS, now=SLOT + 1000)) == [1, 5]


def test_m_sec_01_sweeps_what_is_not_settled_and_counts() -> None:
    readings = (
        _reading(1),
        _reading(2, surplus=1),
        _reading(3, surplus=2),
        _reading(4, status=2),
        _reading(5, status=1),
    )
    tasks = list(domain.sweeps(_clock(), _rows(readings=readings)))
    assert [dict(task.data)["point"] for task in tasks] == [1, 3, 5]


def test_a_slot_is_done_when_nothing_but_erasure_can_come() -> None:
    swept = tuple(_reading(point, surplus=1) for point in (1, 2, 4))
    clock, now = _clock(), SLOT + 1000
    assert domain.is_done(clock, _rows(_offer(status=4), readings=swept), POINTS, now)
    assert not domain.is_done(clock, _rows(_offer(status=1), readings=swept), POINTS, now)
    assert not domain.is_done(clock, _rows(readings=swept[:2]), POINTS, now), "a reading may still come"
    assert not domain.is_done(clock, _rows(readings=(*swept[:2], _reading(4))), POINTS, now), "to be swept"
    assert domain.is_done(clock, _rows(readings=swept[:2]), POINTS, SLOT + 900 + 3601), "too late for a reading"


def test_m_ram_01_erases_settled_slots_after_their_time() -> None:
    keep = SLOT + 900 + 7200
    assert list(domain.erasures(_clock(), [_rows(_offer(status=4))], now=keep - 1)) == []
    (task,) = domain.erasures(_clock(), [_rows(_offer(status=4))], now=keep)
    assert dict(task.data) == {"market": "lem", "slot": SLOT, "limit": 64}
    assert list(domain.erasures(_clock(), [_rows(_offer(status=1))], now=keep)) == []


def test_parameters_are_those_of_the_slot() -> None:
    clock = _clock()
    assert clock.deadline(SLOT + 8100) == SLOT + 8100 + 900 + 3600
    assert clock.deadline(SLOT + 9000) == SLOT + 9000 + 900 + 10
    assert clock.last_ended(SLOT + 899) == SLOT - 900
    assert clock.last_ended(SLOT + 900) == SLOT


def test_m_ram_01_clears_ended_passive_contracts_once_no_reading_can_come() -> None:
    def contract(unit: int, until: int) -> dict[str, int]:
        return {"key": unit << 32 | SLOT, "until_slot": until}

    rows = [contract(1, 0), contract(2, SLOT + 900), contract(3, SLOT + 1800)]
    assert list(domain.clearances(_clock(), rows, now=SLOT + 900 + 7200)) == []
    (due,) = domain.clearances(_clock(), rows, now=SLOT + 900 + 7201)
    assert (due.account, due.name) == ("tbimarket", "passclear")
    assert dict(due.data) == {"market": "lem", "unit": 2, "from_slot": SLOT}


def test_m_ram_01_expires_events_past_their_deadline() -> None:
    deadline = SLOT + 900 + 3600

    def due(now: int, market: str = "lem") -> list[Task]:
        rows = [{"id": 1, "due": slot_key(SLOT, 1), "slot": SLOT, "market": market}]
        return list(domain.expiries(_clock(), "box1", rows, now))

    assert due(deadline) == []
    assert due(deadline + 1, market="other") == []
    (task,) = due(deadline + 1)
    assert dict(task.data) == {"market": "lem", "box": "box1", "limit": 64}


def test_m_ram_01_expiry_looks_at_the_first_events_only_as_the_contract_does() -> None:
    rows = [{"id": n, "due": slot_key(SLOT, n), "slot": SLOT, "market": "other"} for n in range(64)]
    rows.append({"id": 64, "due": slot_key(SLOT, 64), "slot": SLOT, "market": "lem"})
    assert list(domain.expiries(_clock(), "box1", rows, now=SLOT + 10**6)) == []
