"""A service's own tokens, from its configuration."""

from __future__ import annotations

from pathlib import Path

from services.shared.identity.address import PoolAddress
from services.shared.web.auth import read_box_secret
from services.shared.web.config import ConfigurationError
from services.shared.web.service_token import ServiceTokens


def service_tokens(name: str, address: PoolAddress, secret_file: Path) -> ServiceTokens:
    """The tokens of the service `name`, whose client secret stands in the file. Raises ConfigurationError."""
    if name not in address.service_client_ids:
        raise ConfigurationError(f"TBI_IDENTITY_FILE: the pool has no client for the service {name}")
    secret = read_box_secret(secret_file, "TBI_SERVICE_SECRET_FILE")
    return ServiceTokens(address.token_url, address.service_client_ids[name], secret)
