"""Configuration, wiring and the small parts."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from services.blockchain_connector.app import create_app, describe, operator_signers
from services.blockchain_connector.config import Config, OwnAccount, with_path
from services.blockchain_connector.keeper import heartbeat
from services.blockchain_connector.loop import Loop
from services.blockchain_connector.performer.events import UnknownTime, epoch
from services.blockchain_connector.store import Store
from services.shared.chain.errors import ChainUnavailable, SignerUnavailable
from services.shared.chain.key_file import KeyFileSigner
from services.shared.wait import wait_until
from services.shared.web import ConfigurationError, create_box_secret, load
from services.shared.web.openapi import document_of, is_current

BASE = {"TBI_CHAIN_URLS": "http://127.0.0.1:1,http://127.0.0.1:2", "TBI_STATE_DIR": "/s"}
BOX = {
    **BASE,
    "TBI_BOX_CONFIG": "/box.json",
    "TBI_BOX_SECRET_FILE": "/secret",
    "TBI_TPM_API_URL": "http://a:1",
    "TBI_CLS_BOX_LOGIC_URL": "http://b:2",
}
CLOUD = {**BASE, "TBI_IDENTITY_FILE": "/identity.json"}
PREFIX = "/blockchain-connector/api/v1"


def test_the_document_is_current() -> None:
    assert is_current("blockchain_connector"), "run python -m services.shared.web.openapi blockchain_connector"


def _pool(folder: Path) -> Path:
    told = {
        "issuer": "http://127.0.0.1:1/pool",
        "jwks_url": "http://127.0.0.1:1/pool/.well-known/jwks.json",
        "portal_client_id": "portal",
        "machine_client_id": "machine",
        "service_client_ids": {"blockchain-connector": "own"},
        "service_scope": "tbi/service",
        "region": "eu-central-1",
        "user_pool_id": "pool",
        "endpoint_url": "http://127.0.0.1:1",
        "token_url": "http://127.0.0.1:1/oauth2/token",
    }
    (folder / "identity.json").write_text(json.dumps(told))
    return folder / "identity.json"


def _routes(app: Flask) -> set[tuple[str, str]]:
    """(method, path with an example) of every route but health."""
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{PREFIX}/") and not rule.rule.endswith("/health"):
            path = rule.rule.replace("<contract>", "a").replace("<table>", "b").replace("<number>", "1")
            path = path.replace("<transaction_id>", "0")
            found |= {(method, path.removeprefix(PREFIX)) for method in (rule.methods or set()) & {"GET", "POST"}}
    return found


def test_on_a_box_every_route_but_health_asks_for_the_boxs_secret(tmp_path: Path) -> None:
    secret = create_box_secret(tmp_path / "secret")
    environment = {**BOX, "TBI_STATE_DIR": str(tmp_path), "TBI_BOX_SECRET_FILE": str(tmp_path / "secret")}
    connector = create_app(load(Config, environment))
    client = connector.service.app.test_client()
    for method, path in _routes(connector.service.app):
        assert client.open(PREFIX + path, method=method).status_code == 401, path
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get(f"{PREFIX}/reader/block/none", headers=headers).status_code == 400
    for path in ("/auth/login", "/performer/account", "/performer/trigger-event"):
        assert client.post(PREFIX + path, headers=headers).status_code == 404, path
    connector.close()


def test_on_the_cloud_side_every_route_says_who_may_call_it(tmp_path: Path) -> None:
    create_box_secret(tmp_path / "secret")
    environment = {**CLOUD, "TBI_STATE_DIR": str(tmp_path), "TBI_IDENTITY_FILE": str(_pool(tmp_path))}
    connector = create_app(load(Config, environment))
    client = connector.service.app.test_client()
    paths = document_of(describe())["paths"]
    routes = _routes(connector.service.app)
    assert routes == _routes(describe().app)
    for method, path in routes:
        if path != "/auth/login":
            assert client.open(PREFIX + path, method=method).status_code == 401, path
    said = {
        path: operation.get("x-groups")
        for path in paths
        for operation in paths[path].values()
        if "responses" in operation
    }
    assert said.pop("/api/v1/health") is None
    any_group, market = ["Admin", "EVU", "User", "service"], ["Admin", "EVU", "service"]
    assert said.pop("/api/v1/auth/login") == ["anyone"]
    assert said.pop("/api/v1/watcher/look") == ["service"]
    assert said.pop("/api/v1/performer/transaction") == said.pop("/api/v1/performer/account") == ["service"]
    for path in ("/api/v1/performer/proposal", "/api/v1/performer/proposal/{name}"):
        assert said.pop(path) == ["service"]
    assert said.pop("/api/v1/performer/trigger-event") == said.pop("/api/v1/watcher/events") == market
    for part in ("performer", "watcher"):
        assert said.pop(f"/api/v1/{part}/dead-letters") == market
        assert said.pop(f"/api/v1/{part}/dead-letters/{{letter_id}}/retry") == market
    assert said.pop("/api/v1/reader/nodes") == market
    assert len(said) == 9
    assert all(path.startswith("/api/v1/reader/") and allowed == any_group for path, allowed in said.items())
    connector.close()


def test_a_connector_with_a_provisioning_file_is_a_boxs() -> None:
    assert load(Config, BOX).is_box
    assert not load(Config, CLOUD).is_box
    for name in ("TBI_TPM_API_URL", "TBI_CLS_BOX_LOGIC_URL", "TBI_BOX_SECRET_FILE"):
        with pytest.raises(ConfigurationError, match=f"{name} must be set on a box"):
            load(Config, {**BOX, name: ""})
    for name in ("TBI_IDENTITY_FILE", "TBI_KEYS_DIR"):
        with pytest.raises(ConfigurationError, match=f"{name} must not be set on a box"):
            load(Config, {**BOX, name: "/x"})
    with pytest.raises(ConfigurationError, match="TBI_EXPIRY_S"):
        load(Config, {**CLOUD, "TBI_EXPIRY_S": "1"})
    with pytest.raises(ConfigurationError, match="TBI_CONFIRM_TIMEOUT_S"):
        load(Config, {**CLOUD, "TBI_CONFIRM_TIMEOUT_S": "soon"})


def test_the_cloud_side_knows_its_pool_and_no_boxs_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TBI_IDENTITY_FILE must be set on the cloud side"):
        load(Config, BASE)
    with pytest.raises(ConfigurationError, match="TBI_BOX_SECRET_FILE must not be set on the cloud side"):
        load(Config, {**CLOUD, "TBI_BOX_SECRET_FILE": "/secret"})
    with pytest.raises(ConfigurationError, match="TBI_SERVICE_SECRET_FILE must be set"):
        load(Config, {**CLOUD, "TBI_MANAGER_URL": "http://127.0.0.1:1"})
    place = {"TBI_STATE_DIR": str(tmp_path), "TBI_IDENTITY_FILE": str(tmp_path / "identity.json")}
    with pytest.raises(ConfigurationError, match="TBI_IDENTITY_FILE"):
        create_app(load(Config, {**CLOUD, **place}))
    _pool(tmp_path)
    manager = {"TBI_MANAGER_URL": "http://127.0.0.1:1", "TBI_SERVICE_SECRET_FILE": str(tmp_path / "none")}
    with pytest.raises(ConfigurationError, match=r"TBI_SERVICE_SECRET_FILE.*cannot be read"):
        create_app(load(Config, {**CLOUD, **place, **manager}))


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
    KeyFileSigner.create(tmp_path / "eosio.accounts.key")
    levels = {("tbiadmin", "event"), ("tbievu", "active"), ("eosio", "accounts")}
    assert set(operator_signers(tmp_path)) == levels
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
    for text in ("noon", "", "1900-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2026-10-25T02:30:00"):
        with pytest.raises(UnknownTime):
            epoch(text)
