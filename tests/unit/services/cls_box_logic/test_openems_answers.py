"""What an Edge may answer with 200, from its socket: one channel's strange value is no other channel's trouble."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from services.cls_box_logic.errors import OpenEmsUnavailable
from services.cls_box_logic.openems import OpenEms

Answering = Callable[[str], OpenEms]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """An adapter whose Edge answers everything with 200 and this body."""
    body = b""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    adapter = OpenEms(f"http://127.0.0.1:{server.server_port}", "owner")

    def answer(text: str) -> OpenEms:
        nonlocal body
        body = text.encode()
        return adapter

    yield answer
    adapter.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("12", 12),
        ("12.0", 12),
        ("12.9", 12),
        ("-0.5", -1),
        ("null", None),
        ('"UNDEFINED"', None),
        ("true", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e400", None),
        ("[]", None),
    ],
)
def test_a_value_that_is_none_spoils_no_other(answering: Answering, value: str, read: int | None) -> None:
    edge = answering(f'[{{"address": "meter0/A", "value": 7}}, {{"address": "meter1/A", "value": {value}}}]')
    assert edge.values(["meter0/A", "meter1/A"]) == {"meter0/A": 7, "meter1/A": read}


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc": "2.0", "id": null, "error": {"code": 2000, "message": "no such component"}}',
        '"meter0"',
        "[1]",
        "null",
        '[{"value": 1}]',
        "<html></html>",
        "",
    ],
)
def test_an_answer_of_200_without_channels_is_no_answer(answering: Answering, text: str) -> None:
    with pytest.raises(OpenEmsUnavailable):
        answering(text).values(["meter0/A"])
