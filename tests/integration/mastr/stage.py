"""The connector as it runs: its application in this process, its worker, MongoDB, Redis and the register outside."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from services.mastr_connector.app import create_app
from services.mastr_connector.config import Config
from services.shared.wait import wait_until
from services.shared.web import BoxSecretGuard
from simulators.mastr.defects import HARMLESS
from simulators.mastr.export import Export, export_name
from simulators.mastr.register import Register
from simulators.mastr.server import create_server
from simulators.mastr.state import State
from tests.integration.box.processes import Program
from tests.integration.mongo import Mongo

KEY = "k" * 540
ACTOR = "SOM900000000018"
SECRET = "s" * 40
SMALL = Register(seed=7, size=300)
_NAMES = itertools.count(1)


@dataclass
class Stage:
    """One connector with a database and a queue of its own."""

    mongo: Mongo
    redis_url: str
    folder: Path
    register: Register = SMALL
    name: str = field(default_factory=lambda: f"mastr{next(_NAMES)}")

    def __post_init__(self) -> None:
        self.state = State(self.register)
        self.server = _serve(self.state)
        self.exports = self.folder / "exports"
        self.exports.mkdir(exist_ok=True)
        address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.config = Config(
            mongo_uri=self.mongo.uri,
            mongo_password_file=self.mongo.password_file,
            database=self.name,
            redis_url=self.redis_url,
            export_dir=self.exports,
            wsdl_url=f"{address}/MaStRAPI/wsdl/mastr.wsdl",
            api_key=KEY,
            actor=ACTOR,
        )
        self.connector = create_app(self.config, guard=BoxSecretGuard(SECRET))
        self.client: FlaskClient = self.connector.app.test_client()
        self.db = self.mongo.database(self.name)
        self.worker = Program(
            [sys.executable, "-m", "services.mastr_connector.worker"],
            self.environment,
            self.folder / f"{self.name}.log",
        )

    @property
    def environment(self) -> dict[str, str]:
        """As a process of the connector's has it."""
        return {
            **self.mongo.environment,
            "TBI_MONGO_DATABASE": self.name,
            "TBI_REDIS_URL": self.redis_url,
            "TBI_MASTR_EXPORT_DIR": str(self.exports),
            "MASTR_WSDL_URL": self.config.wsdl_url or "",
            "MASTR_API_KEY": KEY,
            "MASTR_AKTEUR": ACTOR,
        }

    def stop(self) -> None:
        self.worker.end()
        self.connector.close()
        self.db.client.drop_database(self.name)
        self.db.client.close()
        self.server.shutdown()
        self.server.server_close()

    def export(
        self,
        register: Register | None = None,
        *,
        per_file: int = 100,
        defects: Sequence[str] = HARMLESS,
        name: str = "",
    ) -> str:
        """Writes an export into the connector's folder; gives its name."""
        made = register or self.register
        target = self.exports / (name or export_name(made))
        Export(made, per_file, defects).write(target)
        return target.name

    def get(self, path: str) -> Any:
        answer = self.client.get(f"/mastr-connector/api/v1{path}", headers=self._headers({}))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer as it is."""
        return self.client.open(
            f"/mastr-connector/api/v1{path}", method=method, json=body, headers=self._headers(headers)
        )

    def start_job(self, path: str, body: Any = None) -> str:
        answer = self.call("POST", path, body)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        return str(answer.get_json()["job_id"])

    def ended(self, job_id: str, timeout: float = 180) -> dict[str, Any]:
        """The job once it has finished or failed."""

        def look() -> dict[str, Any] | None:
            job: dict[str, Any] = self.get(f"/job/{job_id}")
            return job if job["status"] in ("finished", "failed") else None

        return wait_until(look, timeout, what=f"job {job_id}; see {self.folder / self.name}.log")

    def done(self, path: str, body: Any = None) -> dict[str, Any]:
        """The result of a job that succeeds."""
        job = self.ended(self.start_job(path, body))
        assert job["status"] == "finished", job
        result: dict[str, Any] = job["result"]
        return result

    def live(self) -> dict[str, Any]:
        found = self.db["state"].find_one({"_id": "live"})
        assert found is not None
        return found

    def documents(self) -> list[dict[str, Any]]:
        """Everything in the live copy."""
        live = self.live()
        units = self.db[live["units"]].find().sort("_id", 1)
        return [*units, *self.db[live["actors"]].find().sort("_id", 1)]

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {SECRET}", **{name.replace("_", "-"): text for name, text in more.items()}}


def _serve(state: State) -> ThreadingHTTPServer:
    server = create_server("127.0.0.1", 0, state, api_key=KEY, actor=ACTOR)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
