"""The participant records of a manager that answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.forecast_connector.domain.maximum import Load, Point
from services.forecast_connector.participants import (
    FRESH_S,
    ManagedParticipants,
    MeteringPoint,
    RecordsAway,
    points_of,
)

RECORD: dict[str, Any] = {
    "sub": "user-1",
    "username": "seller",
    "kwh_annum": 3500,
    "salt": "00ff",
    "disabled": False,
    "mirrored": True,
    "created_at": "2026-11-01T00:00:00Z",
    "updated_at": "2026-11-01T00:00:00Z",
    "metering_points": [
        {"serial_number": "1TBI1", "kwh_annum": None, "unit_mastr_nrs": ["SEE900000000119"]},
        {"serial_number": "1TBI2", "kwh_annum": 0, "unit_mastr_nrs": []},
    ],
}


class Manager:
    """Two records a page; `down` answers 503. `asked` counts pages."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = [RECORD]
        self.down = False
        self.asked = 0
        self.hold: threading.Event | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                if outer.hold is not None:
                    outer.hold.wait(5)
                query = parse_qs(urlsplit(self.path).query)
                begin = int(query.get("cursor", ["0"])[0])
                more = str(begin + 2) if begin + 2 < len(outer.records) else None
                told = {"items": outer.records[begin : begin + 2], "next_cursor": more}
                body = json.dumps({"status": 503, "detail": "no"} if outer.down else told).encode()
                self.send_response(503 if outer.down else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/background-manager-logic/api/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def manager() -> Iterator[Manager]:
    made = Manager()
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def known(manager: Manager, clock: Clock) -> Iterator[ManagedParticipants]:
    made = _participants(manager, clock)
    yield made
    made.close()


def _participants(manager: Manager, clock: Callable[[], float]) -> ManagedParticipants:
    return ManagedParticipants(manager.url, lambda: {"Authorization": "Bearer t"}, "H0", clock)


def test_each_metering_point_has_its_units_and_its_own_consumption(known: ManagedParticipants) -> None:
    """A metering point's own figure goes before the participant's, also when it is 0."""
    (participant,) = known.all()
    assert participant.sub == "user-1"
    assert participant.points == (
        MeteringPoint("1TBI1", Point(("SEE900000000119",), (Load("H0", 3500),)), "00ff"),
        MeteringPoint("1TBI2", Point((), (Load("H0", 0),)), "00ff"),
    )


def test_who_has_no_salt_and_says_no_consumption_is_read_too(manager: Manager, known: ManagedParticipants) -> None:
    manager.records = [{**RECORD, "salt": None, "kwh_annum": None, "disabled": True}]
    (participant,) = known.all()
    assert participant.disabled
    assert participant.points[0] == MeteringPoint("1TBI1", Point(("SEE900000000119",), (Load("H0", 0),)), "")


def test_every_page_is_read_and_kept_for_some_seconds(
    manager: Manager, known: ManagedParticipants, clock: Clock
) -> None:
    manager.records = [{**RECORD, "sub": f"user-{number}"} for number in range(5)]
    assert [participant.sub for participant in known.all()] == [f"user-{number}" for number in range(5)]
    assert len(list(points_of(known))) == 10
    assert manager.asked == 3
    manager.records = []
    clock.now += FRESH_S
    assert len(known.all()) == 5
    clock.now += 0.1
    assert known.all() == ()


def test_who_needs_them_newer_gets_them_newer(manager: Manager, known: ManagedParticipants, clock: Clock) -> None:
    known.all()
    manager.records = []
    clock.now += 1.0
    assert len(known.all()) == 1
    assert known.all(0.5) == ()


def test_while_the_manager_is_away_the_last_known_ones_count(
    manager: Manager, known: ManagedParticipants, clock: Clock
) -> None:
    first = known.all()
    manager.down = True
    clock.now += 60
    assert known.all() == first
    asked = manager.asked
    assert known.all() == first
    assert manager.asked == asked  # it is left alone for a moment
    manager.down, manager.records = False, []
    clock.now += 2
    assert known.all() == ()


def test_records_that_were_never_had_are_an_error(manager: Manager, known: ManagedParticipants, clock: Clock) -> None:
    manager.down = True
    for _ in range(2):
        with pytest.raises(RecordsAway, match="background-manager-logic"):
            known.all()
    assert manager.asked == 1
    manager.down = False
    clock.now += 2
    assert len(known.all()) == 1


def test_an_answer_that_is_no_list_of_participants_is_an_error(manager: Manager, known: ManagedParticipants) -> None:
    manager.records = [{**RECORD, "metering_points": None}]
    with pytest.raises(RecordsAway):
        known.all()


def test_while_one_thread_asks_the_others_take_what_is_known(
    manager: Manager, known: ManagedParticipants, clock: Clock
) -> None:
    known.all()
    manager.hold = threading.Event()
    clock.now += 60
    slow = threading.Thread(target=known.all)
    slow.start()
    try:
        assert len(known.all()) == 1
        assert len(known.all()) == 1
        assert manager.asked <= 2
    finally:
        manager.hold.set()
        slow.join()
