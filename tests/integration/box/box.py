"""One box of real processes: OpenEMS simulator, Redis, CLS-Box-Logic and its worker, with a recording connector.

Its owner is the seller of the identity emulation, whose token goes with every order.
"""

from __future__ import annotations

import json
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from redis import Redis

from market.values import salted_hash
from services.shared.wait import wait_until
from services.shared.web import create_box_secret
from tests.integration.box.connector import RecordingConnector
from tests.integration.box.processes import Program, answers, free_port, module, openems, redis
from tests.integration.identity.pool import Identity

ACCOUNT, SERIAL, MASTR = "sellerabcde1", "1TBI0000000011", "SEE900000000119"
SALT = bytes.fromhex("5a17")
MARKET, SLOT_S = "short", 3
"""For energies that are to be exact."""

QUICK = "quick"
"""A market with slots of a second, for all that is about events rather than energy."""

POINT, UNIT, PARTICIPANT = 4, 9, 2


class Box:
    """`slot()` gives the next slot that lies far enough ahead to be prepared. `provisioned`: what box.json says."""

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        *,
        provisioned: dict[str, Any] | None = None,
        tpm_api_url: str = "http://127.0.0.1:1",
        **environment: str,
    ) -> None:
        self._quick = self._sampling_since = 0
        self.identity, self.file = identity, folder / "box.json"
        self._environment = {"TBI_TPM_API_URL": tpm_api_url, **environment}
        self._user_token: str | None = None
        self.connector = RecordingConnector()
        self.connector.tables = tables()
        self.openems_url = f"http://127.0.0.1:{(openems_port := free_port())}"
        self._redis_port, self._port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._port}/cls-box-logic/api/v1"
        secret = create_box_secret(folder / "secret")
        told = {**provisioning(), "owner_sub": identity.user("seller")["sub"]} if provisioned is None else provisioned
        self.file.write_text(json.dumps(told), encoding="utf-8")
        self.file.chmod(0o600)
        aliases = {part["component"]: part["serial_number"] for part in told["points"]}
        aliases |= {part["component"]: part["mastr_nr"] for part in told["units"]}
        self.openems = openems(folder, openems_port, ",".join(f"{name}={alias}" for name, alias in aliases.items()))
        self.redis = redis(folder, self._redis_port)
        self.logic = self._program("services.cls_box_logic", folder, answers(f"{self.url}/health"))
        self.worker = self._program("services.cls_box_logic.worker", folder, None)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {secret}"
        self.lab = requests.Session()

    def start(self) -> None:
        self.power_on()
        self.wait_for_sampling()

    def power_on(self) -> None:
        """All processes, whether the box takes part somewhere or not."""
        for part in (self.openems, self.redis, self.logic, self.worker):
            part.start()

    def stop(self) -> None:
        for part in (self.worker, self.logic, self.redis, self.openems):
            part.end()
        self.connector.close()
        self.session.close()
        self.lab.close()

    def wait_for_sampling(self) -> None:
        wait_until(lambda: self.get("/state")["sampler"]["next_border"], 20, what="the sampler to know its borders")
        wait_until(lambda: self.get("/state")["sampler"]["trouble"] is None, 20, what="samples")
        self._sampling_since = int(time.time())

    def slot(self) -> int:
        """The next slot of MARKET."""
        return (int(time.time()) // SLOT_S + 1) * SLOT_S

    def quick_slot(self) -> int:
        """A slot of QUICK that is over and that no test has had."""
        self._quick = max(self._quick + 1, self._sampling_since + 1)
        wait_until(lambda: time.time() >= self._quick + 2, 20, what="a slot's end")
        return self._quick

    def wait_for_end(self, slot: int) -> None:
        wait_until(lambda: time.time() >= slot + SLOT_S, 20, what="the slot's end")

    def wait_for_sample(self, at: int) -> None:
        """Until a sample at or after a time is there."""

        def sampled() -> bool:
            newest = self.get("/state")["sampler"]["last_sample"]
            return newest is not None and datetime.fromisoformat(newest).timestamp() >= at

        wait_until(sampled, 20, what="the sample at the border")

    def schedule(self, *stretches: tuple[str, int, int]) -> None:
        """(component, slot, Wh): the slot's energy, as a power that is on for its second second."""
        body = [
            {
                "component": component,
                "from": iso(slot + 1),
                "to": iso(slot + 2),
                "power_w": wh * 3600,
            }
            for component, slot, wh in stretches
        ]
        self.lab.put(f"{self.openems_url}/simulator/schedule", json=body, timeout=5).raise_for_status()

    def faults(self, **body: Any) -> None:
        self.lab.put(f"{self.openems_url}/simulator/faults", json=body, timeout=5).raise_for_status()

    def flush_redis(self) -> None:
        """Makes Redis forget everything."""
        with Redis(port=self._redis_port) as connection:
            connection.flushall()

    def wait_for_idle_worker(self) -> None:
        """Until the worker waits for a job: what it does right after one is still a part of it."""
        with Redis(port=self._redis_port) as connection:
            wait_until(
                lambda: any(client["cmd"].startswith(("blpop", "blmove")) for client in connection.client_list()),
                20,
                what="the worker to wait for a job",
            )

    def event(self, slot: int, market: str = MARKET, number: int = 1, point: int = POINT) -> dict[str, Any]:
        return {
            "event_id": f"{number}.{market}.{point}.{slot}",
            "market": market,
            "kind": "senddata",
            "point": point,
            "slot": slot,
            "by_hand": False,
        }

    def user_token(self) -> str:
        """The owner's access token."""
        if self._user_token is None:
            self._user_token = self.identity.tokens("seller")["AccessToken"]
        return self._user_token

    def post(self, path: str, body: Any, key: str | None = None) -> requests.Response:
        """A call of the box's own parts; an order is its owner's, under a key of its own unless one is given."""
        headers = {}
        if path.startswith("/market/"):
            headers = {"X-User-Token": self.user_token(), "Idempotency-Key": key or secrets.token_hex(8)}
        return self.session.post(self.url + path, json=body, headers=headers, timeout=60)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.session.get(self.url + path, params=query, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def hand(self, event: dict[str, Any]) -> str:
        answer = self.post("/event", event)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def result(self, job_id: str, timeout: float = 40) -> dict[str, Any]:
        """A job's result, when it is finished."""

        def finished() -> dict[str, Any] | None:
            job = self.get(f"/job/{job_id}")
            return dict(job["result"]) if job["status"] == "finished" else None

        found = wait_until(finished, timeout, what=f"{job_id}; the worker says:\n{self.worker.log()}")
        assert found is not None
        return found

    def deliveries(self) -> list[dict[str, Any]]:
        return [action["data"] for _, action in self.connector.effects if action["name"] == "deliver"]

    def _program(self, name: str, folder: Path, ready: Any) -> Program:
        environment = {
            "TBI_HOST": "127.0.0.1",
            "TBI_PORT": str(self._port),
            "TBI_OPENEMS_URL": self.openems_url,
            "TBI_CONNECTOR_URL": self.connector.url,
            "TBI_REDIS_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "TBI_BOX_CONFIG": str(folder / "box.json"),
            "TBI_BOX_SECRET_FILE": str(folder / "secret"),
            "TBI_STATE_DIR": str(folder / "logic"),
            "TBI_SAMPLE_TOLERANCE_MS": "800",
            "TBI_POINTS_REFRESH_S": "1",
            "TBI_IDENTITY_FILE": str(self.identity.file),
            **self._environment,
        }
        return Program(module(name), environment, folder / f"{name}.log", ready)


def provisioning() -> dict[str, Any]:
    return {
        "name": "seller",
        "account": ACCOUNT,
        "address": "127.0.0.1",
        "market_default": MARKET,
        "salt": SALT.hex(),
        "points": [{"serial_number": SERIAL, "component": "meter0"}],
        "units": [{"mastr_nr": MASTR, "component": "pvInverter0", "point_serial_number": SERIAL}],
        "limits": {"max_energy_wh": 50_000},
        "controls": [{"name": "heat-pump", "channel": "datasourceLoad0/Data", "min_w": -10, "max_w": 11_000}],
    }


def tables() -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """What the chain would tell this box."""
    point = {"id": POINT, "hash": salted_hash(SALT, SERIAL).hex(), "since": 0, "units": [UNIT], "account": ACCOUNT}
    unit = {"id": UNIT, "hash": salted_hash(SALT, MASTR).hex(), "point": POINT}
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {
        ("tbiclsbox", "boxpoints", ACCOUNT): [
            {"id": 1, "market": MARKET, "point": POINT, "slot_s": SLOT_S},
            {"id": 2, "market": QUICK, "point": POINT, "slot_s": 1},
        ]
    }
    for market in (MARKET, QUICK):
        found["tbiclsbox", "points", market] = [point]
        found["tbiclsbox", "units", market] = [unit]
        found["tbiclsbox", "participants", market] = [{"id": PARTICIPANT, "account": ACCOUNT, "points": [POINT]}]
        found["tbimarket", "offers", market] = []
        found["tbimarket", "readings", market] = []
    return found


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
