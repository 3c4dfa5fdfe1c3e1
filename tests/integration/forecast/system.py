"""The service and its worker as processes."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import requests

from services.shared.wait import wait_until
from simulators.forecasts.region import DayForecast, Plant, forecast
from simulators.forecasts.workbooks import Style, workbook
from tests.integration.box.processes import Program, free_port, module
from tests.integration.forecast.pool import Pool
from tests.integration.forecast.records import Household, Records
from tests.integration.mongo import Mongo

PLANT = Plant("SEE900000000119", 9.9)
SECOND = Plant("SEE900000000218", 5.0)
OWNER = "owner-sub"
HOUSEHOLD = Household(OWNER, "00ff" * 8, "1TBI1", (PLANT.mastr_nr, SECOND.mastr_nr))
ISSUED = datetime(2025, 1, 1, 6, tzinfo=UTC)


class System:
    """`folder` is the forecast folder. Its database is dropped at the end."""

    def __init__(
        self, place: Path, mongo: Mongo, redis_url: str, pool: Pool, records: Records, *, watch_s: str = "0"
    ) -> None:
        self.pool = pool
        self.mongo = mongo
        self.folder = place / "forecasts"
        self.folder.mkdir()
        self.database = f"forecast{secrets.token_hex(6)}"
        self.records = records
        records.tell(HOUSEHOLD)
        secret = place / "service-secret"
        secret.write_text("s" * 40)
        secret.chmod(0o600)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/forecast-connector/api/v1"
        self.environment = {
            **mongo.environment,
            "TBI_MONGO_DATABASE": self.database,
            "TBI_REDIS_URL": redis_url,
            "TBI_IDENTITY_FILE": str(pool.file),
            "TBI_SERVICE_SECRET_FILE": str(secret),
            "TBI_MANAGER_URL": records.url,
            "TBI_FORECAST_FOLDER": str(self.folder),
            "TBI_FORECAST_WATCH_S": watch_s,
            "TBI_PORT": str(port),
        }
        self.http = requests.Session()
        self.http.trust_env = False
        self.service = Program(
            module("services.forecast_connector"), self.environment, place / "service.log", self.answers
        )
        self.worker = Program(module("services.forecast_connector.worker"), self.environment, place / "worker.log")

    def start(self) -> None:
        self.worker.start()
        self.service.start()

    def stop(self) -> None:
        self.service.end()
        self.worker.end()
        self.http.close()
        db = self.mongo.database(self.database)
        db.client.drop_database(self.database)
        db.client.close()

    def put(self, name: str, content: bytes | DayForecast, style: Style | None = None) -> Path:
        """A workbook in the forecast folder, whole at once."""
        data = content if isinstance(content, bytes) else workbook(content, style or Style())
        draft = self.folder / f"{name}.part"
        draft.write_bytes(data)
        return draft.replace(self.folder / name)

    def update(self, key: str | None = None) -> dict[str, Any]:
        """POST /update, and the job's result."""
        job = self.wait(self.begin_update(key))
        assert job["status"] == "finished", job
        result: dict[str, Any] = job["result"]
        return result

    def begin_update(self, key: str | None = None) -> str:
        headers = self.pool.service() | ({} if key is None else {"Idempotency-Key": key})
        answer = self.http.post(f"{self.url}/update", headers=headers, timeout=10)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def wait(self, job_id: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            job: dict[str, Any] = self.get(f"/job/{job_id}").json()
            return job if job["status"] in ("finished", "failed") else None

        found = wait_until(ended, 60, what=f"job {job_id}")
        assert found is not None
        return found

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
        """As a service, unless other headers are given."""
        shown = self.pool.service() if headers is None else headers
        return self.http.get(f"{self.url}{path}", params=query, headers=shown, timeout=20)

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.get(path, **query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["items"]
            if "next_cursor" not in page:
                return found
            query["cursor"] = page["next_cursor"]

    def answers(self) -> bool:
        """Whether the service answers."""
        try:
            return self.http.get(f"{self.url}/health", timeout=2).ok
        except requests.RequestException:
            return False


def day_of(day: date, **more: Any) -> DayForecast:
    """Issued long ago, whatever this machine's clock says."""
    return forecast(day, (PLANT, SECOND), **{"issued_at": ISSUED, **more})
