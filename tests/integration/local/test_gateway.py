"""The gateway, a real nginx, before services that are played by a few lines."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.local.gateway import write, write_pool
from deploy.local.plan import Plan
from services.shared.wait import wait_until

_INDEX = '<html><app-root ngCspNonce="__CSP_NONCE__"></app-root></html>'
_SCRIPT = "console.log('portal');" * 100
_TIMEOUT_S = 10


class _Played(BaseHTTPRequestHandler):
    """A service: tells what reached it; `/events` sends one event and goes on when it is let."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path.endswith("/events"):
            self._events()
        elif self.path.endswith("/bad"):
            self._answer(503, {"title": "own", "status": 503}, "application/problem+json", {"Retry-After": "42"})
        else:
            self._answer(200, {"path": self.path, "headers": dict(self.headers)})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201, {"bytes": len(body)})

    def _answer(
        self, status: int, body: dict[str, Any], kind: str = "application/json", more: dict[str, str] | None = None
    ) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(data)), "X-Content-Type-Options": "nosniff"}
        for name, value in {**headers, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"id: 1\ndata: {}\n\n")
        self.wfile.flush()
        self.go_on.wait(_TIMEOUT_S)
        self.wfile.write(b"id: 2\ndata: {}\n\n")

    def log_message(self, *_: Any) -> None:
        return


@dataclass
class Gateway:
    """A running gateway with one service behind it; the others are away."""

    plan: Plan
    portal: Path
    docs: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.plan.url("gateway")

    def start(self) -> None:
        with (self.plan.settings.data / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(self.plan.program("gateway").command, stdout=log, stderr=log)
        wait_until(self._answers, _TIMEOUT_S, what=f"the gateway; see {self.plan.settings.data / 'gateway.log'}")

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(_TIMEOUT_S)

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=_TIMEOUT_S, allow_redirects=False, **more)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "nginx has ended"
        try:
            return self.get("/health").ok
        except requests.ConnectionError:
            return False


@pytest.fixture
def gateway(plan: Plan, tmp_path: Path) -> Iterator[Gateway]:
    portal, docs = tmp_path / "portal", tmp_path / "docs"
    portal.mkdir()
    docs.mkdir()
    (portal / "index.html").write_text(_INDEX)
    (portal / "main-ABCD1234.js").write_text(_SCRIPT)
    (portal / "favicon.svg").write_text("<svg/>")
    (docs / "index.html").write_text("<html>documents</html>")
    (docs / "site.css").write_text("body {}")
    plan.settings.run.mkdir(parents=True)
    write(plan, portal, docs)
    pool = {"region": "r", "user_pool_id": "p", "portal_client_id": "c", "endpoint_url": "http://127.0.0.1:1"}
    write_pool(plan, pool)
    made = Gateway(plan, portal, docs)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def service(plan: Plan) -> Iterator[str]:
    """The Background-Manager-Logic, played."""
    program = plan.program("background-manager-logic")
    server = ThreadingHTTPServer((program.host, program.ports[0]), _Played)
    _Played.go_on.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "/background-manager-logic/api/v1"
    _Played.go_on.set()
    server.shutdown()
    server.server_close()


def assert_problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


def test_a_service_is_reached_under_its_base_path_as_if_directly(gateway: Gateway, service: str) -> None:
    answer = gateway.get(f"{service}/units?limit=3", headers={"Authorization": "Bearer abc", "X-User-Token": "def"})
    told = answer.json()
    assert told["path"] == f"{service}/units?limit=3"
    assert told["headers"]["Authorization"] == "Bearer abc"
    assert told["headers"]["Host"] == gateway.url.removeprefix("http://")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert gateway.get("/background-manager-logic").headers["Location"] == "/background-manager-logic/"


def test_a_services_own_problem_passes_through(gateway: Gateway, service: str) -> None:
    answer = gateway.get(f"{service}/bad")
    assert (answer.json()["title"], answer.headers["Retry-After"]) == ("own", "42")


def test_a_service_that_is_away_is_a_problem_that_names_it(gateway: Gateway) -> None:
    answer = gateway.get("/mastr-connector/api/v1/status")
    told = assert_problem(answer, 503)
    assert "mastr-connector does not answer" in told["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    posted = requests.post(f"{gateway.url}/mastr-connector/api/v1/init", json={}, timeout=_TIMEOUT_S)
    assert_problem(posted, 503)


def test_an_event_arrives_before_the_next_one_is_sent(gateway: Gateway, service: str) -> None:
    with gateway.get(f"{service}/events", stream=True) as stream:
        lines = stream.iter_lines()
        assert next(lines) == b"id: 1"
        _Played.go_on.set()
        assert b"id: 2" in list(lines)


def test_what_the_gateway_answers_itself_is_a_problem(gateway: Gateway, service: str) -> None:
    large = requests.post(f"{gateway.url}{service}/units", data=b"x" * 2_000_000, timeout=_TIMEOUT_S)
    assert_problem(large, 413)
    assert_problem(gateway.get(f"{service}/units", headers={"X-Large": "x" * 40_000}), 431)
    assert_problem(gateway.get("/no-such-file.js"), 404)
    assert_problem(gateway.get("/docs/no-such-page"), 404)
    assert_problem(requests.post(f"{gateway.url}/offers", timeout=_TIMEOUT_S), 405)


def test_who_calls_by_another_name_is_sent_away(gateway: Gateway) -> None:
    assert_problem(gateway.get("/", headers={"Host": "portal.example"}), 421)
    assert gateway.get("/", headers={"Host": f"localhost:{gateway.plan.program('gateway').ports[0]}"}).ok


def test_every_path_of_the_portals_own_is_its_page_with_a_fresh_nonce(gateway: Gateway) -> None:
    nonces = set()
    for path in ("/", "/offers/12", "/boxes/127.0.1.11", "/index.html"):
        answer = gateway.get(path)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert not {"ETag", "Last-Modified"} & set(answer.headers)
        found = re.search(r'ngCspNonce="([0-9a-f]{32})"', answer.text)
        assert found is not None
        assert f"'nonce-{found[1]}'" in answer.headers["Content-Security-Policy"]
        nonces.add(found[1])
    assert len(nonces) == 4


def test_the_portals_policy_lets_nothing_else_in(gateway: Gateway) -> None:
    headers = gateway.get("/").headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == f"'self' {gateway.plan.url('identity')}"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"\d", headers["Server"])


def test_hashed_files_are_kept_for_good_and_sent_small(gateway: Gateway) -> None:
    script = gateway.get("/main-ABCD1234.js", headers={"Accept-Encoding": "gzip"})
    assert script.text == _SCRIPT
    assert script.headers["Content-Encoding"] == "gzip"
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert gateway.get("/favicon.svg").headers["Cache-Control"] == "no-cache"


def test_the_documents_and_the_configuration_of_the_portal_are_there(gateway: Gateway) -> None:
    assert gateway.get("/docs").headers["Location"] == "/docs/"
    assert "documents" in gateway.get("/docs/").text
    assert gateway.get("/docs/site.css").headers["Content-Type"].startswith("text/css")
    assert gateway.get("/config.json").json()["user_pool_id"] == "p"


def test_a_portal_that_has_not_been_built_is_said(gateway: Gateway) -> None:
    (gateway.portal / "index.html").unlink()
    answer = gateway.get("/offers")
    assert answer.status_code == 200
    assert "has not been built yet" in answer.text


def test_the_log_holds_neither_headers_nor_what_stands_behind_a_question_mark(gateway: Gateway, service: str) -> None:
    gateway.get(f"{service}/units?token=geheim", headers={"Authorization": "Bearer geheim"})
    log = gateway.plan.settings.data / "gateway.log"
    wait_until(lambda: f"GET {service}/units 200" in log.read_text(), _TIMEOUT_S, what="the line in the log")
    assert "geheim" not in log.read_text()


def test_an_outage_tells_no_more_than_that_there_was_one(gateway: Gateway) -> None:
    """nginx writes the whole request line beside an error of an upstream."""
    assert_problem(gateway.get("/mastr-connector/api/v1/unit/SEE900000000777?token=geheim"), 503)
    log = gateway.plan.settings.data / "gateway.log"
    wait_until(lambda: "/unit/{mastr_nr} 503 " in log.read_text(), _TIMEOUT_S, what="the line in the log")
    assert not {"geheim", "SEE900000000777"} & set(re.findall(r"\w+", log.read_text()))


@pytest.mark.parametrize(
    ("asked", "logged"),
    [
        ("/unit/SEE900000000119", "/background-manager-logic/api/v1/unit/{mastr_nr}"),
        (
            "/participant/3bcd30ed-00d7-4290-8f47-bf094236fe11/export",
            "/background-manager-logic/api/v1/participant/{sub}/export",
        ),
        ("/participant/3bcd30ed-00d7-4290-8f47-bf094236fe11/rubbish", "/background-manager-logic/..."),
    ],
)
def test_the_log_has_routes_and_nobodys_numbers(gateway: Gateway, service: str, asked: str, logged: str) -> None:
    gateway.get(f"{service}{asked}")
    gateway.get(f"/participants{asked}")
    log = gateway.plan.settings.data / "gateway.log"
    wait_until(lambda: f"GET {logged} " in log.read_text(), _TIMEOUT_S, what="the line in the log")
    assert asked.split("/")[2] not in log.read_text()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["told to", "killed"])
def test_it_ends_as_a_whole_and_the_next_one_gets_the_port(gateway: Gateway, end: signal.Signals) -> None:
    assert gateway.process is not None
    os.kill(gateway.process.pid, end)
    assert gateway.process.wait(_TIMEOUT_S) == (0 if end == signal.SIGTERM else -signal.SIGKILL)
    gateway.start()
    assert gateway.get("/health").json()["status"] == "ok"
