"""The Background-Manager-Logic as a process, and what stands around it: a register, and what is no box."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
import waitress
from flask import request

from services.shared.web import Problem, Resource, create_service
from services.shared.web.service_token import ServiceTokens
from services.shared.web.tokens import SERVICE, TokenGuard, TokenVerifier, groups, read_pool
from tests.integration.box.box import Box
from tests.integration.box.processes import Program, answers, free_port, module
from tests.integration.identity.pool import Identity
from tests.integration.mongo import Mongo

BASE = "/background-manager-logic/api/v1"
BOX_IP = "127.0.0.1"
OPERATOR, OTHER_OPERATOR = "ABR900000000119", "ABR900000000126"
LACKING = "SEE900000000126"
"""A unit of the operator's that the register has and the box does not see."""


class Register:
    """A stand-in for the MaStR-Connector with its routes and its guard; `units` is what it has.

    The real one has an integration test of its own; here the register is not the subject.
    """

    def __init__(self, identity: Identity) -> None:
        self.units: dict[str, dict[str, Any]] = {}
        self.callers: list[str] = []
        self._server = waitress.create_server(self._app(identity), host="127.0.0.1", port=0, threads=2)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.effective_port}/mastr-connector/api/v1"

    def close(self) -> None:
        self._server.close()
        self._thread.join(timeout=5)

    def put(self, mastr_nr: str, operator: str = OPERATOR) -> None:
        self.units[mastr_nr] = {
            "mastr_nr": mastr_nr,
            "last_updated": "2026-11-01T00:00:00Z",
            "name": "PV roof",
            "unit_type": "PV",
            "postcode": "54290",
            "town": "Trier",
            "gross_power_kw": 9.9,
            "operating_status": "in operation",
            "operator_mastr_nr": operator,
        }

    def _app(self, identity: Identity) -> Any:
        guard = TokenGuard(TokenVerifier(read_pool(identity.file)))
        frame = create_service("mastr", base_path="/mastr-connector", description="Register", guard=guard)
        register = self

        @frame.v1.route("/unit/<string:number>")
        class Unit(Resource):
            @groups("Admin", "User", "EVU", SERVICE)
            def get(self, number: str) -> dict[str, Any]:
                """One unit."""
                if number not in register.units:
                    raise Problem(404, f"There is no unit {number}.")
                return register.units[number]

        @frame.v1.route("/marktakteur/<string:number>/units")
        class Units(Resource):
            @groups("Admin", "User", "EVU", SERVICE)
            def get(self, number: str) -> dict[str, Any]:
                """The units of an operator, one a page."""
                found = [unit for unit in register.units.values() if unit["operator_mastr_nr"] == number]
                place = int(request.args.get("cursor", "0"))
                more = str(place + 1) if place + 1 < len(found) else None
                return {"items": found[place : place + 1], "next_cursor": more}

        return frame.app


@contextmanager
def talker(ip: str, port: int, status: int, body: bytes) -> Iterator[None]:
    """Something that answers at an address, and is no box."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "http://127.0.0.1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((ip, port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Manager:
    """The service as a process. `ask(role, method, path)` calls it as a user. Without a `connector_url` there is no
    chain, without a `box` none.
    """

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        mongo: Mongo,
        register: Register,
        box: Box | None = None,
        *,
        connector_url: str = "http://127.0.0.1:1/blockchain-connector/api/v1",
        **environment: str,
    ) -> None:
        self.identity, self.mongo, self.register = identity, mongo, register
        self._box = box
        self.box_port = 1 if box is None else int(box.url.split(":")[2].split("/")[0])
        port = int(environment.get("TBI_PORT") or free_port())
        self.root = f"http://127.0.0.1:{port}/background-manager-logic"
        self.url = f"http://127.0.0.1:{port}{BASE}"
        self.environment = {
            **mongo.environment,
            "TBI_PORT": str(port),
            "TBI_IDENTITY_FILE": str(identity.file),
            "TBI_SERVICE_SECRET_FILE": str(identity.service_secret("background-manager-logic")),
            "AWS_SHARED_CREDENTIALS_FILE": str(identity.credentials),
            "TBI_MASTR_CONNECTOR_URL": register.url,
            "TBI_CONNECTOR_URL": connector_url,
            "TBI_BOX_NETWORKS": "127.0.0.0/8",
            "TBI_BOX_PORT": str(self.box_port),
            "TBI_COMPONENTS": f"register={register.url},nobody=http://127.0.0.1:1/nobody/api/v1",
            **environment,
        }
        self.program = Program(
            module("services.background_manager_logic"),
            self.environment,
            folder / "manager.log",
            answers(f"{self.url}/health"),
        )
        self.http = requests.Session()
        self.http.trust_env = False
        self._bearers: dict[str, str] = {}

    @property
    def box(self) -> Box:
        """The one that it was given."""
        assert self._box is not None
        return self._box

    def ask(
        self, role: str | None, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any
    ) -> requests.Response:
        headers = {} if role is None else {"Authorization": f"Bearer {self.token(role)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.http.request(method, self.url + path, json=body, headers=headers, params=query, timeout=30)

    def token(self, role: str) -> str:
        """A user's access token, or the token of the service of that name."""
        if role not in self._bearers:
            about = self.identity.about
            if role in about["service_client_ids"]:
                secret = self.identity.service_secret(role).read_text().strip()
                client = about["service_client_ids"][role]
                self._bearers[role] = ServiceTokens(about["token_url"], client, secret).token()
            else:
                self._bearers[role] = self.identity.tokens(role)["AccessToken"]
        return self._bearers[role]

    def admin(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.ask("admin", method, path, body, **more)

    def made(self, path: str, **body: Any) -> dict[str, Any]:
        """What an administrator adds."""
        answer = self.admin("POST", path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def add_box(self, ip: str = BOX_IP) -> dict[str, Any]:
        return self.made("/cls-box", ip=ip, name="seller", location="Trier")

    def forget(self) -> None:
        """Empty all collections."""
        db = self.mongo.database("background_manager")
        for name in db.list_collection_names():
            db[name].delete_many({})
        db.client.close()


def problem(answer: requests.Response, status: int, word: str = "") -> dict[str, Any]:
    """The answer's problem, after a look at its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.text)
    assert told["status"] == status
    assert word in told["detail"], told["detail"]
    return told
