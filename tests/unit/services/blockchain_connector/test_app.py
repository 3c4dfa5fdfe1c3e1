"""Configuration, wiring and the small parts."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.blockchain_connector.app import create_app, describe, operator_signers
from services.blockchain_connector.config import Config, OwnAccount, with_path
from services.blockchain_connector.keeper import heartbeat
from services.blockchain_connector.loop import Loop
from services.blockchain_connector.performer.events import EventByHand, EventCalls, UnknownTime, epoch
from services.blockchain_connector.store import Store
from services.shared.chain.errors import ChainUnavailable, SignerUnavailable
from services.shared.chain.signer import KeyFileSigner
from services.shared.wait import wait_until
from services.shared.web import ConfigurationError, create_box_secret, load
from services.shared.web.openapi import is_current

BASE = {"TBI_CHAIN_URLS": "http://127.0.0.1:1,http://127.0.0.1:2", "TBI_STATE_DIR": "/s", "TBI_BOX_SECRET_FILE": "/f"}


def test_the_document_is_current() -> None:
    assert is_current("blockchain_connector"), "run python -m services.shared.web.openapi blockchain_connector"


def test_every_route_but_health_asks_for_the_secret(tmp_path: Path) -> None:
    create_box_secret(tmp_path / "secret")
    environment = {**BASE, "TBI_STATE_DIR": str(tmp_path), "TBI_BOX_SECRET_FILE": str(tmp_path / "secret")}
    connector = create_app(load(Config, environment))
    client = connector.service.app.test_client()
    for rule in describe().app.url_map.iter_rules():
        if rule.rule.startswith("/blockchain-connector/api/") and not rule.rule.endswith("/health"):
            path = rule.rule.replace("<contract>", "a").replace("<table>", "b").replace("<number>", "1")
            path = path.replace("<transaction_id>", "0")
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            assert client.open(path, method=method).status_code == 401, path
    connector.close()


def test_a_connector_with_a_provisioning_file_is_a_boxs() -> None:
    assert not load(Config, BASE).is_box
    with pytest.raises(ConfigurationError, match="TBI_TPM_API_URL, TBI_CLS_BOX_LOGIC_URL"):
        load(Config, {**BASE, "TBI_BOX_CONFIG": "/box.json"})
    urls = {"TBI_TPM_API_URL": "http://a:1", "TBI_CLS_BOX_LOGIC_URL": "http://b:2"}
    assert load(Config, {**BASE, "TBI_BOX_CONFIG": "/box.json", **urls}).is_box
    with pytest.raises(ConfigurationError, match="TBI_EXPIRY_S"):
        load(Config, {**BASE, "TBI_EXPIRY_S": "1"})
    with pytest.raises(ConfigurationError, match="TBI_CONFIRM_TIMEOUT_S"):
        load(Config, {**BASE, "TBI_CONFIRM_TIMEOUT_S": "soon"})


def test_addresses_may_be_given_with_their_path_or_without() -> None:
    assert with_path("http://a", "/x/api/v1") == with_path("http://a/x/api/v1", "/x/api/v1") == "http://a/x/api/v1"


def test_a_box_learns_its_account_when_it_is_provisioned(tmp_path: Path) -> None:
    account = OwnAccount(tmp_path / "box.json")
    for text in (None, "{", "[]", "{}", '{"account": ""}', '{"account": null}'):
        if text is not None:
            (tmp_path / "box.json").write_text(text)
        with pytest.raises(SignerUnavailable):
            account()
    (tmp_path / "box.json").write_text('{"account": "box1"}')
    assert account() == "box1"
    (tmp_path / "box.json").unlink()
    assert account() == "box1"


def test_the_operators_keys_are_those_whose_files_are_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds none"):
        operator_signers(tmp_path)
    KeyFileSigner.create(tmp_path / "tbiadmin.event.key")
    KeyFileSigner.create(tmp_path / "tbievu.key")
    assert set(operator_signers(tmp_path)) == {("tbiadmin", "event"), ("tbievu", "active")}
    (tmp_path / "tbievu.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        operator_signers(tmp_path)


def test_a_loop_goes_on_after_failures_and_says_what_is_wrong() -> None:
    outcomes: list[Exception | None] = [ChainUnavailable("no node"), ValueError("odd"), None]
    seen: list[str | None] = []

    def work() -> None:
        seen.append(loop.last_error)
        outcome = outcomes.pop(0) if outcomes else None
        if outcome is not None:
            raise outcome

    loop = Loop("test", work, lambda: 0.001)
    loop.start()
    wait_until(lambda: len(seen) > 4, 5, what="more rounds")
    loop.stop()
    assert not loop.is_alive
    assert seen[:4] == [None, "no node", "ValueError; the log says more", None]


def test_a_transaction_of_the_store_is_all_or_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep/s.sqlite", "CREATE TABLE t (n INTEGER) STRICT;")

    def half() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO t VALUES (1)")
            connection.execute("INSERT INTO nosuch VALUES (1)")

    with pytest.raises(sqlite3.Error):
        half()
    assert store.rows("SELECT * FROM t") == []
    (mode,) = store.rows("PRAGMA synchronous")[0]
    assert mode == 2
    store.close()


def test_the_heartbeat_says_whether_the_keeper_is_well(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert "no heartbeat" in str(heartbeat.read(tmp_path, now))
    heartbeat.write(tmp_path, error=None, figures={"pushed": 3}, now=now)
    assert heartbeat.read(tmp_path, now) is None
    assert "20 s old" in str(heartbeat.read(tmp_path, now + timedelta(seconds=20)))
    heartbeat.write(tmp_path, error="no node", figures={}, now=now)
    assert heartbeat.read(tmp_path, now) == "no node"
    (tmp_path / heartbeat.FILE).write_text(json.dumps([]))
    assert "no heartbeat" in str(heartbeat.read(tmp_path, now))


def test_m_evt_02_times_without_an_offset_are_berlins() -> None:
    assert epoch("2026-11-22T08:00:00") == epoch("2026-11-22T07:00:00Z") == epoch("2026-11-22T07:00:00+00:00")
    assert epoch("2026-07-01T09:00:00") == epoch("2026-07-01T07:00:00Z")
    for text in ("noon", "", "1900-01-01T00:00:00Z", "9999-12-31T00:00:00Z"):
        with pytest.raises(UnknownTime):
            epoch(text)


def test_m_evt_02_a_unit_stands_for_its_metering_point() -> None:
    class Rows:
        def rows(self, _contract: str, _scope: str, table: str, **bounds: Any) -> list[dict[str, Any]]:
            points = [{"id": 7, "box": "box1", "hash": "aa" * 32}]
            units = [{"id": 9, "point": 7, "hash": "bb" * 32}]
            if bounds.get("index") == 2:
                wanted = points if table == "points" else units
                return [row for row in wanted if int(str(row["hash"])[:16], 16) == bounds["lower"]]
            return [row for row in points if row["id"] == bounds["lower"]]

    calls = EventCalls(Rows())  # type: ignore[arg-type]  # all that it needs
    for number in ("aa" * 32, "bb" * 32, "7"):
        event = EventByHand("lem", "tbiAdmin", "sendData", number, "2026-11-22T07:00:00Z", 5, "buyer")
        data = calls.call(event).data
        assert (data["point"], data["box"], data["kind"], data["slot"]) == (7, "box1", "senddata", 1795330800)
