"""What all calls through generated clients have in common, at a real server that answers as it is told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from clients import blockchain_connector, mastr_connector
from clients.blockchain_connector import BlockchainConnectorApi
from clients.mastr_connector import MastrConnectorApi, NewUnit, Unit
from services.shared.clients import Neighbour, NeighbourRefused, NeighbourSilent, NeighbourWrong
from services.shared.web.service_token import ServiceTokenUnavailable

UNIT = {"mastr_nr": "SEE900000000119", "unit_type": "solar", "gross_power_kw": 9.9}
PROBLEM = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "It is so.", "rule": "M-BID-01"}


class Server:
    """Answers every request with `status`, `body`, `headers`; keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"", {"Content-Type": "application/json"}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                outer.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            do_POST = do_DELETE = do_GET  # noqa: N815 - names that the base class gives

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/mastr-connector/api/v1"
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def tell(self, told: Any, status: int = 200, **headers: str) -> None:
        self.status, self.body = status, json.dumps(told).encode()
        self.headers = {"Content-Type": "application/json", **headers}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def register(server: Server) -> Iterator[Neighbour[MastrConnectorApi]]:
    made = Neighbour(
        mastr_connector, MastrConnectorApi, server.url, header=lambda: {"Authorization": "Bearer t"}, timeout_s=(1, 1)
    )
    yield made
    made.close()


def unit(register: Neighbour[MastrConnectorApi], number: str = "SEE900000000119") -> Unit:
    return register.call(lambda api, how: api.get_unit(number, **how))


def test_a_call_carries_token_and_place(server: Server, register: Neighbour[MastrConnectorApi]) -> None:
    server.tell(UNIT)
    assert unit(register, "a/b c").gross_power_kw == 9.9
    [(method, path, headers, _)] = server.asked
    assert (method, path) == ("GET", "/mastr-connector/api/v1/unit/a%2Fb%20c")
    assert headers["Authorization"] == "Bearer t"


def test_a_body_and_a_header_of_the_call_are_sent(server: Server, register: Neighbour[MastrConnectorApi]) -> None:
    server.tell({**UNIT, "mastr_nr": "H0-00000000001"}, 201)
    new = NewUnit(unit_type="H0", name="House")
    register.call(lambda api, how: api.post_new_extra_unit(new, idempotency_key="one", **how), headers={"X-Extra": "1"})
    [(_, _, headers, body)] = server.asked
    assert json.loads(body) == {"unit_type": "H0", "name": "House"}
    assert (headers["Idempotency-Key"], headers["X-Extra"]) == ("one", "1")


@pytest.mark.parametrize(
    ("more", "name", "value"),
    [
        ({"unit_type": "fusion"}, "unit_type", "fusion"),
        ({"mastr_nr": "SEE-of-another-shape"}, "mastr_nr", "SEE-of-another-shape"),
        ({"town": None}, "town", None),
        ({"gross_power_kw": 7}, "gross_power_kw", 7),
        ({"a_new_member": {"x": [1]}}, "name", None),
        ({"last_updated": "yesterday"}, "last_updated", "yesterday"),
    ],
)
def test_an_answer_of_a_newer_neighbour_is_read(
    server: Server, register: Neighbour[MastrConnectorApi], more: dict[str, Any], name: str, value: Any
) -> None:
    server.tell({**UNIT, **more})
    assert getattr(unit(register), name) == value


@pytest.mark.parametrize(
    "told", [{}, [], None, "x", {**UNIT, "mastr_nr": None}, {**UNIT, "name": 5}, {**UNIT, "gross_power_kw": "9.9"}]
)
def test_an_answer_that_the_document_does_not_know_is_wrong(
    server: Server, register: Neighbour[MastrConnectorApi], told: Any
) -> None:
    server.tell(told)
    with pytest.raises(NeighbourWrong):
        unit(register)


@pytest.mark.parametrize("body", [b"<html>", b"", b"{", b"\xff\xfe"])
@pytest.mark.parametrize("kind", ["application/json", "text/html", "application/octet-stream"])
def test_what_is_no_json_is_wrong(
    server: Server, register: Neighbour[MastrConnectorApi], body: bytes, kind: str
) -> None:
    server.body, server.headers = body, {"Content-Type": kind}
    with pytest.raises(NeighbourWrong):
        unit(register)


def test_a_success_that_the_route_does_not_have_is_wrong(
    server: Server, register: Neighbour[MastrConnectorApi]
) -> None:
    server.tell({**PROBLEM, "status": 203}, 203)
    with pytest.raises(NeighbourWrong):
        unit(register)


def test_a_refusal_comes_with_its_problem(server: Server, register: Neighbour[MastrConnectorApi]) -> None:
    server.tell(PROBLEM, 409, **{"Retry-After": "7", "Content-Type": "application/problem+json"})
    with pytest.raises(NeighbourRefused, match=r"It is so\.") as caught:
        unit(register)
    assert (caught.value.status, caught.value.problem["rule"]) == (409, "M-BID-01")
    assert caught.value.retry_after == "7"


@pytest.mark.parametrize("status", [302, 307, 400, 401, 403, 404, 418, 422, 429, 500, 503])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"status": 200, "detail": "no"}'])
def test_an_error_that_is_no_problem_is_a_refusal_without_one(
    server: Server, register: Neighbour[MastrConnectorApi], status: int, body: bytes
) -> None:
    """A redirect is not followed: the token would go along."""
    server.status, server.body = status, body
    server.headers = {"Content-Type": "text/html", "Location": server.url}
    with pytest.raises(NeighbourRefused) as caught:
        unit(register)
    assert (caught.value.status, dict(caught.value.problem)) == (status, {})
    assert len(server.asked) == 1


def test_a_stream_of_events_is_read_as_text(server: Server) -> None:
    chain = Neighbour(blockchain_connector, BlockchainConnectorApi, server.url)

    def feed() -> str:
        return chain.text(lambda api, how: api.get_events_without_preload_content(since=0, follow_s=0, **how))

    server.body, server.headers = "id: 1\ndata: \u20ac\n\n".encode(), {"Content-Type": "text/event-stream"}
    assert feed() == "id: 1\ndata: \u20ac\n\n"
    server.tell(PROBLEM, 409, **{"Retry-After": "7"})
    with pytest.raises(NeighbourRefused, match=r"It is so\.") as caught:
        feed()
    assert caught.value.retry_after == "7"
    server.status, server.body = 200, b"\xff"
    with pytest.raises(NeighbourWrong):
        feed()


def test_nobody_there_is_silent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        register = Neighbour(mastr_connector, MastrConnectorApi, f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(NeighbourSilent, match="does not answer"):
            unit(register)


def test_who_does_not_answer_in_time_is_silent_and_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as dumb:
        url = f"http://127.0.0.1:{dumb.getsockname()[1]}"
        register = Neighbour(mastr_connector, MastrConnectorApi, url, timeout_s=(1.0, 0.2))
        with pytest.raises(NeighbourSilent, match="ReadTimeout"):
            unit(register)
        dumb.accept()[0].close()
        dumb.settimeout(0.2)
        with pytest.raises(TimeoutError):
            dumb.accept()


def test_who_hangs_up_within_his_answer_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as cutting:

        def cut() -> None:
            peer = cutting.accept()[0]
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            peer.close()

        thread = Thread(target=cut)
        thread.start()
        register = Neighbour(mastr_connector, MastrConnectorApi, f"http://127.0.0.1:{cutting.getsockname()[1]}")
        with pytest.raises(NeighbourSilent):
            unit(register)
        thread.join()


def test_without_a_token_nobody_is_asked(server: Server) -> None:
    def none() -> dict[str, str]:
        raise ServiceTokenUnavailable("the identity provider does not answer")

    with pytest.raises(NeighbourSilent, match="identity provider"):
        unit(Neighbour(mastr_connector, MastrConnectorApi, server.url, header=none))
    assert server.asked == []


def test_no_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.tell(UNIT)
    assert unit(Neighbour(mastr_connector, MastrConnectorApi, server.url)).mastr_nr == "SEE900000000119"


def test_connections_are_kept_between_calls_of_several_threads(
    server: Server, register: Neighbour[MastrConnectorApi]
) -> None:
    server.tell(UNIT)
    threads = [Thread(target=unit, args=(register,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 8
