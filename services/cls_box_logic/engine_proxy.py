"""Stands before the engine's socket and lets through what a box's services may ask: `python -m ....engine_proxy`.

The socket is the host: who can write to it is root there. So it is mounted into this program alone, which needs nothing
but the standard library and listens inside the box.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from services.cls_box_logic.domain.engine_policy import NEW, is_copy, read, refusal

_log = logging.getLogger(__name__)
_TIMEOUT_S = 600.0
_MAX_BODY = 1024 * 1024


@dataclass(frozen=True)
class Config:
    """Read once from the environment; README.md has the table.

    By hand, for what the other services read theirs with loads Flask, and a box has 200 MB.
    """

    containers: frozenset[str]
    socket: Path
    host: str
    port: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Config:
        """Raises ValueError with a sentence."""
        names = names_in(environment.get("TBI_CONTAINERS", ""))
        port = environment.get("TBI_PORT") or "2375"
        if not names:
            raise ValueError("TBI_CONTAINERS is not set: give containers that may be managed, such as openems,redis")
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
            raise ValueError(f"TBI_PORT is {port[:80]!r}, which is no TCP port: give one such as 2375")
        socket_file = Path(environment.get("TBI_ENGINE_SOCKET") or "/var/run/docker.sock")
        return cls(names, socket_file, environment.get("TBI_HOST") or "127.0.0.1", int(port))


class _Engine(http.client.HTTPConnection):
    """A connection to the engine's socket."""

    def __init__(self, file: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._file = file

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(str(self._file))


Answer = tuple[int, bytes]


class Proxy:
    """Answers requests: the engine's answer, or why it was not asked."""

    def __init__(self, file: Path, allowed: frozenset[str]) -> None:
        self._file = file
        self._allowed = allowed

    def answer(self, method: str, url: str, body: bytes) -> Answer:
        try:
            why = self._refusal(method, url, body)
            if why is not None:
                _log.warning("refused: %s %s: %s", method, url, why)
                return 403, json.dumps({"message": f"not let through: {why}"}).encode()
            return self._ask(method, url, body)
        except (OSError, http.client.HTTPException) as error:
            return 503, json.dumps({"message": f"the engine does not answer ({type(error).__name__})"}).encode()

    def _refusal(self, method: str, url: str, body: bytes) -> str | None:
        request = read(method, url)
        images = self._images() if request is not None and request.kind == "pull" else frozenset[str]()
        why = refusal(request, self._allowed, images)
        if why is not None or request is None or request.kind != "create":
            return why
        inspected = self._inspected(request.name.removesuffix(NEW))
        image = self._json(f"/images/{inspected['Image']}/json") if inspected else None
        if inspected is None or image is None:
            return "there is none that it could be a copy of"
        try:
            return None if is_copy(json.loads(body), inspected, image) else "it is no copy of the one that runs"
        except ValueError:
            return "its body is no JSON"

    def _images(self) -> frozenset[str]:
        found = [self._inspected(name) for name in self._allowed]
        return frozenset(tagged(container["Config"]["Image"]) for container in found if container)

    def _inspected(self, name: str) -> dict[str, Any] | None:
        return self._json(f"/containers/{name}/json")

    def _json(self, url: str) -> dict[str, Any] | None:
        status, body = self._ask("GET", url, b"")
        return dict(json.loads(body)) if status == 200 else None

    def _ask(self, method: str, url: str, body: bytes) -> Answer:
        engine = _Engine(self._file)
        try:
            engine.request(method, url, body, {"Content-Type": "application/json"})
            answer = engine.getresponse()
            return answer.status, answer.read()
        finally:
            engine.close()


def tagged(image: str) -> str:
    """An image's name with its tag."""
    return image if ":" in image.rsplit("/", 1)[-1] else f"{image}:latest"


def server(proxy: Proxy, host: str, port: int) -> ThreadingHTTPServer:
    """A server that answers with `proxy`; port 0: any free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > _MAX_BODY or self.headers.get("Transfer-Encoding"):
                self.close_connection = True
                self._reply(413, b"{}")
                return
            self._reply(*proxy.answer(self.command, self.path, self.rfile.read(length)))

        def _reply(self, status: int, body: bytes) -> None:
            bodiless = status in (204, 304)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if not bodiless:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not bodiless:
                self.wfile.write(body)

        def do_GET(self) -> None:
            self._any()

        def do_POST(self) -> None:
            self._any()

        def do_DELETE(self) -> None:
            self._any()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's signature
            _log.debug(format, *args)

    return ThreadingHTTPServer((host, port), Handler)


def names_in(text: str) -> frozenset[str]:
    """Names with commas between them."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        config = Config.of(os.environ)
    except ValueError as error:
        _log.error("%s", error)
        return 2
    running = server(Proxy(config.socket, config.containers), config.host, config.port)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        running.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
