"""Where the pool is: `identity.json`, its shape as deploy/local/identity writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.shared.web.config import ConfigurationError


@dataclass(frozen=True)
class PoolAddress:
    """`endpoint_url` is None for Amazon's own. `service_client_ids`: name of a service -> its client id."""

    region: str
    user_pool_id: str
    portal_client_id: str
    machine_client_id: str
    endpoint_url: str | None
    token_url: str
    service_client_ids: Mapping[str, str]


def read_address(file: Path) -> PoolAddress:
    """Raises ConfigurationError."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return PoolAddress(
            region=str(told["region"]),
            user_pool_id=str(told["user_pool_id"]),
            portal_client_id=str(told["portal_client_id"]),
            machine_client_id=str(told["machine_client_id"]),
            endpoint_url=told.get("endpoint_url"),
            token_url=str(told["token_url"]),
            service_client_ids=dict(told["service_client_ids"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"TBI_IDENTITY_FILE: {file} does not say where the pool is ({type(error).__name__}: {error}); it holds "
            "region, user_pool_id, portal_client_id, machine_client_id, token_url, service_client_ids, and "
            "endpoint_url for an emulation"
        ) from error
