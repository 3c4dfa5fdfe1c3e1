"""The trigger service's functions against services that speak HTTP: one effect an event, one trace, changed secrets."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.local.triggers.runner import Context
from lambdas import forecast_sync, forward_event, mastr_sync, neighbours
from services.shared.clients import NeighbourRefused, NeighbourSilent

EVENT_ID = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
DETAIL = {"event_type": "send_data", "unit_or_meter": "SEE900000000119", "slot_start": "2026-11-28T12:00:00+01:00"}
JOB = (202, {"job_id": "7f0c2f64-7f11-4a3e-9d6e-0b8f8d4d7a10"})
WRITTEN = (200, {"transaction_id": "a" * 64, "block_num": 7, "block_time": "2026-11-28T11:00:00Z"})
FUNCTIONS: dict[str, tuple[Callable[[dict[str, Any], Any], Any], str]] = {
    "mastr": (mastr_sync.handler, "/mastr-connector/api/v1/update"),
    "forecast": (forecast_sync.handler, "/forecast-connector/api/v1/update"),
    "chain": (forward_event.handler, "/blockchain-connector/api/v1/performer/trigger-event"),
}


@dataclass
class World:
    """The pool and the three services. `secret` is the one that the pool takes; `answers`: path -> status and body."""

    secret: str = "first"
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        if path == "/token":
            wanted = base64.b64encode(f"trigger-service:{self.secret}".encode()).decode()
            good = headers["authorization"] == f"Basic {wanted}"
            return (200, {"access_token": "T", "expires_in": 3600}) if good else (400, {"error": "invalid_client"})
        self.asked.append((path, headers, body))
        return self.answers[path]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    about = World(answers={path: WRITTEN if name == "chain" else JOB for name, (_, path) in FUNCTIONS.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status, told = about.answer(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    (tmp_path / "secret").write_text("first")
    monkeypatch.delenv("TBI_SERVICE_SECRET_NAME", raising=False)
    for name, value in {
        "TBI_TOKEN_URL": f"{url}/token",
        "TBI_CLIENT_ID": "trigger-service",
        "TBI_SERVICE_SECRET_FILE": str(tmp_path / "secret"),
        "TBI_MASTR_CONNECTOR_URL": f"{url}/mastr-connector/api/v1",
        "TBI_FORECAST_CONNECTOR_URL": f"{url}/forecast-connector/api/v1",
        "TBI_CONNECTOR_URL": f"{url}/blockchain-connector/api/v1",
    }.items():
        monkeypatch.setenv(name, value)
    neighbours.forget()
    yield about
    neighbours.forget()
    server.shutdown()
    server.server_close()


def invoke(name: str) -> Any:
    handler, _ = FUNCTIONS[name]
    return handler({"id": EVENT_ID, "detail": dict(DETAIL)}, Context(name, "an-invocation"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_event_that_comes_twice_is_the_same_order(world: World, name: str) -> None:
    assert invoke(name) == invoke(name)
    (path, first, body), (_, second, again) = world.asked
    assert path == FUNCTIONS[name][1]
    assert first["idempotency-key"] == second["idempotency-key"] == EVENT_ID
    assert body == again
    assert first["authorization"] == "Bearer T"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_events_id_is_the_trace_in_all_parts(world: World, name: str) -> None:
    invoke(name)
    (_, headers, _) = world.asked[0]
    assert headers["traceparent"].split("-")[1] == EVENT_ID.replace("-", "")


def test_an_event_is_the_operators_unless_it_says_otherwise(world: World) -> None:
    invoke("chain")
    (_, _, body) = world.asked[0]
    assert json.loads(body)["account"] == "tbiadmin"
    with pytest.raises(ValueError, match="slot_start"):
        forward_event.handler({"id": EVENT_ID, "detail": {"event_type": "send_data"}}, Context("chain", "x"))
    assert len(world.asked) == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_refusal_is_the_functions_failure(world: World, name: str) -> None:
    problem = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "Nothing is imported yet."}
    world.answers[FUNCTIONS[name][1]] = (409, problem)
    with pytest.raises(NeighbourRefused, match="Nothing is imported yet"):
        invoke(name)


def test_a_secret_that_was_changed_is_read_by_the_next_try(world: World, tmp_path: Path) -> None:
    """Lambda keeps a process for hours: it must not keep the secret of before."""
    invoke("mastr")
    neighbours.forget()
    world.secret = "second"
    with pytest.raises(NeighbourSilent):
        invoke("mastr")
    (tmp_path / "secret").write_text("second")
    assert invoke("mastr") == {"job_id": JOB[1]["job_id"]}
