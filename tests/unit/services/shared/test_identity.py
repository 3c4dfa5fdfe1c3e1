"""Where the pool is, and a service's own tokens there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.shared.identity import read_address, service_tokens
from services.shared.web import ConfigurationError, create_box_secret

TOLD: dict[str, Any] = {
    "region": "eu-central-1",
    "user_pool_id": "eu-central-1_a",
    "portal_client_id": "portal",
    "machine_client_id": "machine",
    "token_url": "http://127.0.0.1:1/oauth2/token",
    "service_client_ids": {"blockchain-connector": "own"},
}


def _file(folder: Path, told: Any) -> Path:
    file = folder / "identity.json"
    file.write_text(json.dumps(told))
    return file


def test_the_address_of_amazons_own_has_no_endpoint(tmp_path: Path) -> None:
    assert read_address(_file(tmp_path, TOLD)).endpoint_url is None
    emulated = read_address(_file(tmp_path, {**TOLD, "endpoint_url": "http://127.0.0.1:1"}))
    assert emulated.endpoint_url == "http://127.0.0.1:1"
    assert (emulated.portal_client_id, emulated.machine_client_id) == ("portal", "machine")


@pytest.mark.parametrize("told", [[], "pool", None, {**TOLD, "service_client_ids": None}, {"region": "x"}])
def test_a_file_that_describes_no_pool_is_named(tmp_path: Path, told: Any) -> None:
    with pytest.raises(ConfigurationError, match="TBI_IDENTITY_FILE"):
        read_address(_file(tmp_path, told))
    with pytest.raises(ConfigurationError, match="TBI_IDENTITY_FILE"):
        read_address(tmp_path / "none.json")


def test_a_service_needs_a_client_and_its_secret(tmp_path: Path) -> None:
    address = read_address(_file(tmp_path, TOLD))
    create_box_secret(tmp_path / "secret")
    assert service_tokens("blockchain-connector", address, tmp_path / "secret")
    with pytest.raises(ConfigurationError, match="no client for the service nobody"):
        service_tokens("nobody", address, tmp_path / "secret")
    with pytest.raises(ConfigurationError, match=r"TBI_SERVICE_SECRET_FILE.*cannot be read"):
        service_tokens("blockchain-connector", address, tmp_path / "none")
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"TBI_SERVICE_SECRET_FILE.*chmod 600"):
        service_tokens("blockchain-connector", address, tmp_path / "secret")
