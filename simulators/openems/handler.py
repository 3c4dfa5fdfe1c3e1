"""The routes: OpenEMS' own (/rest, /jsonrpc) and the laboratory's hand (/simulator), which the real one lacks."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

from simulators.openems.channels import Channel, matching
from simulators.openems.edge import Edge
from simulators.openems.errors import OpenemsError, authentication_failed, generic, role_denied
from simulators.openems.faults import parse_faults
from simulators.openems.jsonrpc import JsonRpc, error_body, write
from simulators.openems.sources import parse_schedule
from simulators.openems.users import GUEST, OWNER, ROLE_NAMES, User, authenticate

MAX_BODY_BYTES = 1_000_000
_NO_ID = "00000000-0000-0000-0000-000000000000"


class Empty(Exception):  # noqa: N818 - an answer without a body, not an error of the program
    """An answer that has only a status."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def make_handler(edge: Edge, known_users: tuple[User, ...], log: Callable[[str], None]) -> type[BaseHTTPRequestHandler]:
    """The request handler of one Edge."""
    rpc = JsonRpc(edge)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "OpenEMS-simulator"
        sys_version = ""
        wbufsize = -1
        timeout = 30
        """Jetty closes a connection that was idle for 30 s; so does this."""

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            log(format % args)

        def _answer(self) -> None:
            path = urlsplit(self.path).path
            body = self._body()
            if path.startswith("/simulator/"):
                self._simulator(path, body)
            elif edge.faults.offline:
                self.close_connection = True
            else:
                self._openems(path, body)

        def _body(self) -> bytes:
            length = self.headers.get("Content-Length", "0")
            size = int(length) if length.isdigit() else 0
            if size > MAX_BODY_BYTES:
                self.close_connection = True
                return b""
            return self.rfile.read(size)

        def _openems(self, path: str, body: bytes) -> None:
            try:
                user = authenticate(known_users, self.headers.get("Authorization"))
                if user is None:
                    raise authentication_failed()
                parts = [unquote(part) for part in path.split("/")[1:]]
                if parts == ["jsonrpc"] and self.command == "POST":
                    _require(user, OWNER, "JSON-RPC")
                    self._send(*rpc.handle(_parsed(body)))
                elif parts[:2] == ["rest", "channel"] and len(parts) == 4:
                    self._send(200, self._channel(user, parts[2], parts[3], body))
                else:
                    raise generic(f"Unknown REST endpoint: {path}")
            except Empty as empty:
                self._send(empty.status, None)
            except OpenemsError as error:
                self._refuse(error)

        def _channel(self, user: User, component: str, name: str, body: bytes) -> Any:
            if self.command == "GET":
                _require(user, GUEST, "HTTP GET")
                return _read(edge, component, name)
            if self.command != "POST":
                raise generic(f"Unhandled REST Channel request method [{self.command}]")
            _require(user, OWNER, "HTTP POST")
            address = f"{component}/{name}"
            found = [channel for channel in edge.channels if channel.address == address]
            if not found:
                raise generic(f"Channel [{address}] is not available")
            write(edge, found[0], _parsed(body))
            return {}

        def _refuse(self, error: OpenemsError) -> None:
            if edge.faults.jetty_errors:
                page = _jetty_page(urlsplit(self.path).path, error.message).encode()
                self._write(500, "text/html;charset=iso-8859-1", page)
            else:
                self._send(401 if error.code == 1003 else 400, error_body(_NO_ID, error))

        def _simulator(self, path: str, body: bytes) -> None:
            try:
                status, answer = _control(edge, self.command, path, body)
            except ValueError as error:
                status, answer = 400, {"error": str(error)}
            self._send(status, answer)

        def _send(self, status: int, answer: Any) -> None:
            text = b"" if answer is None else json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
            self._write(status, "application/json" if text else "", text)

        def _write(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            if content_type:
                self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    return Handler


def _read(edge: Edge, component: str, name: str) -> Any:
    """One channel as an object, several as an array."""
    try:
        found = list(matching(edge.channels, component, name))
    except re.error as error:
        raise Empty(400) from error
    if not found:
        raise Empty(404)
    shown = [_shown(channel, value) for channel, value in zip(found, edge.values(found), strict=True)]
    return shown[0] if len(shown) == 1 else shown


def _shown(channel: Channel, value: int | None) -> dict[str, Any]:
    return {
        "address": channel.address,
        "type": channel.type,
        "accessMode": "RO" if channel.datasource is None else "RW",
        "text": channel.text,
        "unit": channel.unit,
        "value": value,
    }


def _control(edge: Edge, method: str, path: str, body: bytes) -> tuple[int, Any]:
    """What a test or a demonstration asks for. ValueError names what is wrong."""
    if path == "/simulator/schedule":
        if method in ("PUT", "DELETE"):
            edge.put_schedule(parse_schedule(_json(body) if method == "PUT" else [], edge.schedulable()))
        return 200, [asdict(stretch) for stretch in edge.schedule()]
    if path == "/simulator/faults":
        if method in ("PUT", "DELETE"):
            edge.put_faults(parse_faults(_json(body) if method == "PUT" else {}, edge.fault_names()))
        return 200, edge.faults.to_json()
    if path == "/simulator/state" and method == "GET":
        return 200, edge.state()
    return 404, {"error": f"{method} {path}: there are /simulator/schedule, /simulator/faults and /simulator/state"}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise ValueError("the body is no JSON") from error


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise generic(f"Unable to parse: {error}") from error


def _require(user: User, role: int, what: str) -> None:
    if user.role > role:
        raise role_denied(what, ROLE_NAMES[role], ROLE_NAMES[user.role])


def _jetty_page(path: str, message: str) -> str:
    reason = html.escape(f"java.io.IOException: {message}")
    return (
        '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>\n'
        "<title>Error 500 Internal Server Error</title>\n</head>\n<body>\n"
        "<h2>HTTP ERROR 500 Internal Server Error</h2>\n<table>\n"
        f"<tr><th>URI:</th><td>{html.escape(path)}</td></tr>\n<tr><th>STATUS:</th><td>500</td></tr>\n"
        f"<tr><th>MESSAGE:</th><td>{reason}</td></tr>\n<tr><th>CAUSED BY:</th><td>{reason}</td></tr>\n"
        "</table>\n</body>\n</html>\n"
    )
