"""A way to a node that a test can cut at a chosen moment: what the network does when one wants it least."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests


class ChainProxy:
    """Passes everything on, but for one path that is held: before it reaches the node, or after the node has answered.

    `answer_instead` lets a test swallow requests: it may give an answer of its own, and then nothing is passed on.
    """

    def __init__(self, target: Callable[[], str]) -> None:
        self._target = target
        self._held_path: tuple[str, str] | None = None
        self._release = threading.Event()
        self.held = threading.Event()
        self.answer_instead: Callable[[str, bytes], dict[str, Any] | None] = lambda _path, _body: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def hold(self, path: str, when: str) -> None:
        """`when`: "before" or "after" the node gets the request. `held` is set when one is caught."""
        self.held.clear()
        self._release.clear()
        self._held_path = (path, when)

    def let_go(self) -> None:
        """What is held is dropped; everything passes again."""
        self._held_path = None
        self._release.set()

    def close(self) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _catches(self, path: str, when: str) -> bool:
        if self._held_path != (path, when):
            return False
        self.held.set()
        self._release.wait(30)
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                own = proxy.answer_instead(self.path, body)
                if own is not None:
                    self._reply(202, json.dumps(own).encode())
                    return
                if proxy._catches(self.path, "before"):
                    self.close_connection = True
                    return
                try:
                    answer = requests.post(proxy._target() + self.path, data=body, timeout=10)
                except requests.RequestException:
                    self.close_connection = True
                    return
                if proxy._catches(self.path, "after"):
                    self.close_connection = True
                    return
                self._reply(answer.status_code, answer.content)

            def _reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's signature
                pass

        return Handler
