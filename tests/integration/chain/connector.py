"""A connector in a process of its own."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import requests

from services.shared.wait import wait_until
from services.shared.web import create_box_secret
from tests.integration.chain.support import ServedProcess, free_port
from tests.integration.forecast.pool import Pool


class Connector:
    """Of a box, or with a `pool` of the cloud side, whose callers are services and users of the pool.

    `headers` carry what the Background-Manager-Logic (on a box: its own services) shows.
    """

    def __init__(self, folder: Path, chain_url: str, pool: Pool | None = None, **environment: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/blockchain-connector/api/v1"
        if pool is None:
            self.headers = {"Authorization": f"Bearer {create_box_secret(folder / 'secret')}"}
            side = {"TBI_BOX_SECRET_FILE": str(folder / "secret")}
        else:
            self.headers = pool.service()
            side = {"TBI_IDENTITY_FILE": str(pool.file)}
        self.process = ServedProcess(
            "services.blockchain_connector",
            {
                "TBI_PORT": str(port),
                "TBI_CHAIN_URLS": chain_url,
                "TBI_STATE_DIR": str(folder / "state"),
                "TBI_EXPIRY_S": "3",
                "TBI_CONFIRM_TIMEOUT_S": "15",
                **side,
                **environment,
            },
            folder / "connector.log",
        )

    def point_to(self, *urls: str) -> None:
        """Other nodes, from its next start on."""
        self.process.environment["TBI_CHAIN_URLS"] = ",".join(urls)

    def start(self) -> None:
        self.process.start()
        wait_until(self._is_up, 90, what=f"the connector's health ({self.process.log})")

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def post(self, key: str, *actions: dict[str, Any], **body: Any) -> requests.Response:
        return requests.post(
            f"{self.url}/performer/transaction",
            json={"actions": actions, **body},
            headers={**self.headers, "Idempotency-Key": key},
            timeout=30,
        )

    def post_and_lose_the_answer(self, key: str, *actions: dict[str, Any]) -> threading.Thread:
        def run() -> None:
            try:
                self.post(key, *actions)
            except requests.RequestException:
                return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(f"{self.url}{path}", params=query, headers=self.headers, timeout=20)
