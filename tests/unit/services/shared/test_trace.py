"""W3C Trace Context: what is taken over, what is begun anew, what is passed on."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from services.shared import trace
from services.shared.data.jobs import run
from services.shared.web import Resource, create_service
from services.shared.web.logs import Json, OneLine

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def in_trace() -> Iterator[trace.Span]:
    token = trace.begin(PARENT)
    span = trace.current()
    assert span is not None
    yield span
    trace.end(token)


def test_who_is_called_begins_a_span_in_the_same_trace(in_trace: trace.Span) -> None:
    assert (in_trace.trace_id, in_trace.parent_id) == (TRACE, SPAN)
    assert in_trace.span_id != SPAN
    assert trace.header() == {"traceparent": f"00-{TRACE}-{in_trace.span_id}-01"}


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        "rubbish",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
    ],
)
def test_what_is_no_trace_is_none(told: str | None) -> None:
    token = trace.begin(told)
    span = trace.current()
    trace.end(token)
    assert span is not None
    assert span.trace_id != TRACE
    assert span.parent_id is None


def test_nobody_asked_for_what_runs_by_itself_and_its_calls_begin_a_trace() -> None:
    assert trace.current() is None
    first, second = trace.header(), trace.header()
    assert first != second


def _record(error: BaseException | None = None) -> logging.LogRecord:
    information = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("services.x", logging.WARNING, __file__, 1, "made %d\n", (3,), information)
    record.created, record.msecs = 1_700_000_000.5, 500.0
    return record


def test_a_line_names_its_trace(in_trace: trace.Span) -> None:
    line = OneLine("thing-api").format(_record())
    assert line == f"2023-11-14T22:13:20.500Z WARNING thing-api services.x: [{TRACE}/{in_trace.span_id}] made 3\\n"


def test_a_line_for_collectors_is_an_object(in_trace: trace.Span) -> None:
    line = Json("thing-api").format(_record(ValueError("why")))
    assert "\n" not in line
    told = json.loads(line)
    assert "ValueError: why" in told.pop("error")
    assert told == {
        **{"time": "2023-11-14T22:13:20.500Z", "level": "WARNING", "service": "thing-api", "logger": "services.x"},
        **{"message": "made 3\n", "trace_id": TRACE, "span_id": in_trace.span_id, "parent_id": SPAN},
    }


def test_a_request_is_a_span_and_its_answer_names_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    service = create_service("thing", base_path="/thing", description="A thing")
    seen: list[trace.Span | None] = []

    @service.v1.route("/things/<string:number>")
    class Things(Resource):
        def post(self, number: str) -> dict[str, Any]:  # noqa: ARG002 - the rule has it
            seen.append(trace.current())
            return {}

    caplog.set_level(logging.INFO)
    answer = service.app.test_client().post("/thing/api/v1/things/SEE900000000119", headers={"traceparent": PARENT})
    assert answer.headers["Trace-Id"] == TRACE
    assert [span and (span.trace_id, span.parent_id) for span in seen] == [(TRACE, SPAN)]
    assert trace.current() is None
    (line,) = [record.getMessage() for record in caplog.records if record.name == "services.shared.web.app"]
    assert line.startswith("POST /thing/api/v1/things/<string:number> 200 "), "the rule, not the number"


def told_trace() -> str:
    """A job that says in which trace it runs."""
    span = trace.current()
    return "" if span is None else span.trace_id


def test_a_job_runs_in_the_trace_of_who_asked_for_it() -> None:
    assert run(f"{__name__}.told_trace", {}, PARENT) == TRACE
    assert trace.current() is None
