"""Measured values of neighbours that answer as they are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.forecast_connector.errors import ForecastError, Unknown
from services.forecast_connector.measured import MeasuredByNeighbours

UNIT, DAY = "SEE900000000119", date(2026, 11, 20)


def slot(start: str, end: str, produced_wh: int | None) -> dict[str, Any]:
    zeros = dict.fromkeys(("offered_wh", "sold_wh", "delivered_wh"), 0)
    unknown = ("forecast_wh", "forecast_consumption_wh", "max_offer_wh", "fed_in_wh", "consumed_wh", "reading")
    times = {"slot_start": f"2026-11-20T{start}:00Z", "slot_end": f"2026-11-20T{end}:00Z"}
    return {**times, **zeros, **dict.fromkeys(unknown), "produced_wh": produced_wh}


class Neighbours:
    """Both of them: `status` and `body` by the end of the path."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, told = answers[self.path.partition("?")[0].rpartition("/")[2]]
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - the base class' names
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def day(self, *items: dict[str, Any]) -> None:
        told = {"market": "lem", "unit_mastr_nr": UNIT, "date": DAY.isoformat(), "items": list(items)}
        self.answers["day"] = (200, told)


@pytest.fixture
def neighbours() -> Iterator[Neighbours]:
    running = Neighbours()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def measured(neighbours: Neighbours) -> Iterator[MeasuredByNeighbours]:
    made = MeasuredByNeighbours(
        f"{neighbours.url}/background-manager-logic/api/v1", f"{neighbours.url}/mastr-connector/api/v1", dict
    )
    yield made
    made.close()


def test_short_slots_are_added_up_where_the_whole_quarter_hour_was_measured(
    neighbours: Neighbours, measured: MeasuredByNeighbours
) -> None:
    neighbours.day(
        slot("10:00", "10:15", 7),
        slot("10:15", "10:30", None),
        *(slot("10:30", "10:35", 1), slot("10:35", "10:40", 2), slot("10:40", "10:45", 3)),
        *(slot("10:45", "10:50", 1), slot("10:50", "10:55", None), slot("10:55", "11:00", 3)),
    )
    assert {at % 86_400 // 60: wh for at, wh in measured.generation(UNIT, DAY).items()} == {600: 7, 630: 6}


def test_a_unit_on_no_market_is_told_from_a_neighbour_that_is_away(
    neighbours: Neighbours, measured: MeasuredByNeighbours
) -> None:
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no unit"}
    neighbours.answers["day"] = (404, problem)
    with pytest.raises(Unknown, match=f"nothing is measured of {UNIT}: there is no unit"):
        measured.generation(UNIT, DAY)
    neighbours.answers["day"] = (503, {**problem, "status": 503, "detail": "the chain is away"})
    with pytest.raises(ForecastError, match="cannot be had: the chain is away"):
        measured.generation(UNIT, DAY)
    nobody = MeasuredByNeighbours("http://127.0.0.1:1/background-manager-logic/api/v1", None, dict)
    with pytest.raises(ForecastError, match="see the background-manager-logic"):
        nobody.generation(UNIT, DAY)
    nobody.close()


def test_the_rated_power_is_the_registers_where_it_says_one(
    neighbours: Neighbours, measured: MeasuredByNeighbours
) -> None:
    unit = {"mastr_nr": UNIT, "unit_type": "PV", "gross_power_kw": 9.9}
    neighbours.answers[UNIT] = (404, {})
    assert measured.rated_kw(UNIT) is None
    neighbours.answers[UNIT] = (200, unit)
    assert measured.rated_kw(UNIT) == 9.9
    nobody = MeasuredByNeighbours("http://127.0.0.1:1/background-manager-logic/api/v1", None, dict)
    assert nobody.rated_kw(UNIT) is None
    nobody.close()
