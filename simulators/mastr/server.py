"""The service over HTTP: WSDL, schema, SOAP 1.1 and 1.2, and the laboratory's hand."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from simulators.mastr import soap
from simulators.mastr.control import control
from simulators.mastr.garbage import garbage
from simulators.mastr.interface import PORTS
from simulators.mastr.operations import SoapFault, answer
from simulators.mastr.state import State
from simulators.mastr.wsdl import base_types, wsdl

_ADDRESSES: Final = {
    f"/MaStRApi/Api.svc/Soap{number}/{path}": version
    for number, version in (("11", soap.SOAP11), ("12", soap.SOAP12))
    for path in PORTS.values()
}
_MAX_BODY: Final = 1_000_000
QUOTA_USED_UP: Final = "Das Tageskontingent für Webdienstaufrufe ist ausgeschöpft."


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 50


def create_server(host: str, port: int, state: State, *, api_key: str, actor: str) -> ThreadingHTTPServer:
    """A server of `state` for the one user with `api_key` and `actor`. Raises OSError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/MaStRAPI/wsdl/mastr.wsdl":
                self._write(200, "text/xml; charset=utf-8", wsdl(f"http://{self.headers['Host']}").encode())
            elif path == "/MaStRAPI/xsd/mastrbasetypes.xsd":
                self._write(200, "text/xml; charset=utf-8", base_types().encode())
            else:
                self._control("GET")

        def do_PUT(self) -> None:
            self._control("PUT")

        def do_DELETE(self) -> None:
            self._control("DELETE")

        def do_POST(self) -> None:
            version = _ADDRESSES.get(urlsplit(self.path).path)
            if version is None:
                self._control("POST")
                return
            with state.lock:
                faults = state.faults
                unavailable, faults.unavailable = faults.unavailable > 0, max(0, faults.unavailable - 1)
            body = self._body()
            if faults.hang_s:
                time.sleep(faults.hang_s)
            if unavailable:
                self._write(503, "text/html", b"<h1>Service Unavailable</h1>")
                return
            kind = "text/xml" if version == soap.SOAP11 else "application/soap+xml"
            if not self.headers.get("Content-Type", "").startswith(kind):
                self._write(415, "text/plain", b"Unsupported Media Type")
                return
            status, told = self._call(body, version)
            self._write(status, f"{kind}; charset=utf-8", told)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - the base class names them
            return

        def _call(self, body: bytes, version: str) -> tuple[int, bytes]:
            with state.lock:
                try:
                    call = soap.read(body, self.headers.get("SOAPAction", ""), version)
                    _admit(state, call, api_key, actor)
                    told = soap.write(
                        call.operation,
                        answer(state, call.operation.name, call.parameters),
                        version,
                        seconds_60=state.faults.seconds_60,
                    )
                except SoapFault as error:
                    return 500, soap.fault(str(error), version)
                if state.faults.broken:
                    state.faults.broken -= 1
                    return 200, told[: len(told) // 2]
                faults = state.faults
                if faults.garbage and faults.garbage_for in ("", call.operation.name):
                    return 200, garbage(faults.garbage, told)
                return 200, told

        def _body(self) -> bytes:
            return self.rfile.read(min(_MAX_BODY, int(self.headers.get("Content-Length") or 0)))

        def _control(self, method: str) -> None:
            status, told = control(state, method, urlsplit(self.path).path, self._body())
            self._write(status, "application/json", json.dumps(told, ensure_ascii=False).encode())

        def _write(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return _Server((host, port), Handler)


def _admit(state: State, call: soap.Call, api_key: str, actor: str) -> None:
    """Counts the call and checks key, actor and quota. Raises SoapFault."""
    operation = call.operation
    state.calls[operation.name] += 1
    if operation.open:
        return
    if call.parameters.get("apiKey") is None:
        raise SoapFault("Der Parameter apiKey fehlt oder ist ungültig.")
    if call.parameters["apiKey"] != api_key:
        raise SoapFault("Zugriff verweigert")
    if operation.actor and call.parameters.get("marktakteurMastrNummer") != actor:
        raise SoapFault("Zugriff verweigert")
    if state.used >= state.quota and operation.name != "GetAktuellerStandTageskontingent":
        raise SoapFault(QUOTA_USED_UP)
    state.used += 1
    if state.faults.nonsense:
        state.faults.nonsense -= 1
        raise SoapFault("Der Objektverweis wurde nicht auf eine Objektinstanz festgelegt.")
