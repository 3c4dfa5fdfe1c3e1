"""Configuration, wiring and the service's document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.background_manager_logic.app import create_app, describe
from services.background_manager_logic.config import Config
from services.shared.web import ConfigurationError, load
from services.shared.web.openapi import document_of, is_current

IDENTITY = {
    "issuer": "https://pool.example/eu-central-1_1",
    "jwks_url": "http://127.0.0.1:1/jwks.json",
    "token_url": "http://127.0.0.1:1/oauth2/token",
    "endpoint_url": "http://127.0.0.1:1",
    "region": "eu-central-1",
    "user_pool_id": "eu-central-1_1",
    "portal_client_id": "p",
    "machine_client_id": "m",
    "service_client_ids": {"background-manager-logic": "b"},
    "service_scope": "tbi/service",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "identity.json").write_text(json.dumps(IDENTITY))
    (tmp_path / "secret").write_text("s" * 40)
    (tmp_path / "secret").chmod(0o600)
    return {
        "MONGO_URI": "mongodb://127.0.0.1:1/",
        "TBI_IDENTITY_FILE": str(tmp_path / "identity.json"),
        "TBI_SERVICE_SECRET_FILE": str(tmp_path / "secret"),
        "TBI_CONNECTOR_URL": "http://127.0.0.1:1/blockchain-connector/api/v1",
        "TBI_MASTR_CONNECTOR_URL": "http://127.0.0.1:1/mastr-connector/api/v1",
    }


def test_config_names_what_is_missing(environment: dict[str, str]) -> None:
    for name in environment:
        with pytest.raises(ConfigurationError, match=name):
            load(Config, {**environment, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TBI_BOX_NETWORKS", "10.8.0.1/8"),
        ("TBI_BOX_NETWORKS", "everywhere"),
        ("TBI_COMPONENTS", "http://127.0.0.1"),
        ("TBI_COMPONENTS", "a=b"),
        ("TBI_BOX_PORT", "0"),
        ("TBI_BALANCING_GROUP", "Group"),
        ("TBI_CONNECTOR_URL", "nowhere"),
    ],
)
def test_config_refuses_what_cannot_be_meant(environment: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        load(Config, {**environment, name: value})


def test_config_reads_networks_and_components(environment: dict[str, str]) -> None:
    more = {"TBI_BOX_NETWORKS": "10.8.0.0/16, fd00::/8", "TBI_COMPONENTS": "a=http://x/, b=http://y"}
    config = load(Config, {**environment, **more})
    assert [str(network) for network in config.box_networks] == ["10.8.0.0/16", "fd00::/8"]
    assert config.components == (("a", "http://x"), ("b", "http://y"))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"region": None}, "region"),
        ({"service_client_ids": {}}, "no client for the service"),
        ({"service_client_ids": None}, "TBI_IDENTITY_FILE"),
        ({"issuer": None}, "issuer"),
    ],
)
def test_app_says_what_the_identity_file_lacks(
    environment: dict[str, str], tmp_path: Path, change: dict[str, Any], word: str
) -> None:
    told = {name: value for name, value in {**IDENTITY, **change}.items() if value is not None}
    (tmp_path / "identity.json").write_text(json.dumps(told))
    with pytest.raises(ConfigurationError, match=word):
        create_app(load(Config, environment))


def test_app_says_when_others_may_read_its_secret(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(ConfigurationError, match="TBI_SERVICE_SECRET_FILE"):
        create_app(load(Config, environment))


def test_document_is_current_and_refers_to_what_it_holds() -> None:
    assert is_current("background_manager_logic")
    document = document_of(describe())
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/definitions/")[1:]}
    assert names == set(document["definitions"])


def test_document_names_the_key_header_on_every_post_that_changes_something() -> None:
    for path, item in document_of(describe())["paths"].items():
        # challenges, codes and keys are secrets or single: no answer of theirs is kept to be given again (ADR 0025);
        # a knock changes nothing (ADR 0031)
        if "post" in item and "/token" not in path and "/fido2" not in path and not path.endswith("/knock"):
            assert "Idempotency-Key" in [one["name"] for one in item["post"]["parameters"]], path
