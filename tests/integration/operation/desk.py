"""Where an administrator, the EVU and users sit: requests to the application, and what happens on the chain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.background_manager_logic.app import Manager, create_app
from services.background_manager_logic.config import Config
from services.background_manager_logic.domain import Participant
from services.background_manager_logic.repository import Repository
from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, Trader
from tests.integration.forecast.pool import Pool
from tests.integration.mongo import Mongo

BASE = "/background-manager-logic/api/v1"
GROUPS = {"admin": "Admin", "evu": "EVU"}
SLOT_S = 20


class Desk:
    """`ask(role, method, path)`: `admin`, `evu`, or a participant's name. Times in seconds since the epoch."""

    def __init__(self, folder: Path, chain: Chain, pool: Pool, mongo: Mongo) -> None:
        self.chain, self.pool, self.mongo = chain, pool, mongo
        self.connector = Connector(folder, chain.node.url, pool, TBI_KEYS_DIR=str(chain.keys_dir), TBI_EXPIRY_S="20")
        secret = folder / "manager.secret"
        secret.write_text("s" * 40)
        secret.chmod(0o600)
        self._config = Config(
            mongo_uri=mongo.uri,
            mongo_password_file=mongo.password_file,
            identity_file=pool.file,
            service_secret_file=secret,
            mastr_url="http://127.0.0.1:1/mastr-connector/api/v1",
            connector_url=self.connector.url,
            audit_node_url=chain.node.url,
            genesis_file=chain.node.folder / "genesis.json",
            settlement_key_file=folder / "settlement.pem",
            state_dir=folder,
            stuck_grace_s=1,
        )
        self.manager: Manager | None = None
        self.traders: dict[str, Trader] = {}
        self.market = ""
        self.slot_s = SLOT_S

    def start(self) -> None:
        self.connector.start()
        self.market = self.chain.open_market(SLOT_S, credit_line=0, deadline_s=3600, retain_s=86_400)
        self.manager = create_app(self._config)
        self.manager.start()
        for name in ("seller", "buyer"):
            self.traders[name] = self.chain.trader(self.market)
            self._record(name, self.traders[name].account)
        wait_until(lambda: self.ask("evu", "GET", "/market/prices").status_code == 200, 60, what="the read model")

    def stop(self) -> None:
        if self.manager is not None:
            self.manager.close()
        self.connector.process.stop()

    def ask(self, role: str, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer (werkzeug's), in the desk's market unless another is named."""
        assert self.manager is not None
        groups = [GROUPS.get(role, "User")]
        headers = {**self.pool.header(*groups, sub=role), **query.pop("headers", {})}
        if body is not None:
            body = {"market": self.market, **body}
        elif method == "GET" and path in _OF_MARKET:
            query = {"market": self.market, **query}
        return self.manager.app.test_client().open(
            BASE + path, method=method, json=body, headers=headers, query_string=query
        )

    def got(self, role: str, path: str, **query: Any) -> dict[str, Any]:
        answer = self.ask(role, "GET", path, **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def slot_in(self, seconds: int) -> int:
        """The first slot that begins so much later."""
        return -(-(int(self.chain.now()) + seconds) // SLOT_S) * SLOT_S

    def by(self, name: str, action: str, **data: Any) -> None:
        self.chain.push_as(self.traders[name], "tbimarket", action, market=self.market, **data)

    def forecast(self, name: str, slot: int, max_wh: int) -> None:
        """As the oracle does."""
        trader = self.traders[name]
        units = [{"unit": trader.unit, "generation_wh": max_wh, "max_wh": max_wh}]
        points = [{"point": trader.point, "consumption_wh": 0, "units": units}]
        self.chain.as_operator("forecast", "tbimarket", "forecast", market=self.market, slot=slot, points=points)

    def deliver(self, name: str, slot: int, fed_in_wh: int, consumed_wh: int = 0) -> None:
        trader = self.traders[name]
        units = [{"unit": trader.unit, "produced_wh": fed_in_wh}] if fed_in_wh else []
        reading = {"point": trader.point, "fed_in_wh": fed_in_wh, "consumed_wh": consumed_wh, "units": units}
        self.by(name, "deliver", box=trader.account, slot=slot, readings=[reading])

    def until_offer(self, number: int, status: str) -> None:
        def look() -> bool:
            answer = self.ask("evu", "GET", f"/market/offer/{number}", market=self.market)
            return bool(answer.status_code == 200 and answer.json["status"] == status)

        wait_until(look, 60, every=0.3, what=f"the offer {number} to be {status}")

    def _record(self, name: str, account: str) -> None:
        db = self.mongo.database("background_manager")
        now = datetime.now(UTC)
        nothing: Mapping[str, Any] = dict.fromkeys(
            ("email", "cls_box_ip", "betreiber_mastr_nr", "kwh_annum", "salt"), None
        )
        record = Participant(
            sub=name,
            username=name,
            eos_account=account,
            disabled=False,
            mirrored=True,
            version=1,
            created_at=now,
            updated_at=now,
            **nothing,
        )
        assert Repository(db).participants.add(record)
        db.client.close()


_OF_MARKET = ("/market/prices", "/market/parameters", "/market/stuck", "/market/balances")


def problem(answer: Any, status: int, word: str = "") -> dict[str, Any]:
    """The answer's problem, after a look at its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json
    assert word in told["detail"], told["detail"]
    return told
