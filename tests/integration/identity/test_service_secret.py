"""A service's secret is rotated, with the words of docs/operations.md ("A key rotation"), on the real emulation.

The emulation cannot give a client another secret. So the service gets a second client: its id in identity.json, its
secret in the file. Who takes the service's tokens reads identity.json, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.shared.identity import read_address, service_tokens
from services.shared.web.service_token import ServiceTokens, ServiceTokenUnavailable
from services.shared.web.tokens import KeySet, TokenVerifier, jwks_at, read_pool
from tests.integration.identity.pool import Identity
from tests.integration.identity.test_tokens import _service

NAME = "mastr-connector"


@dataclass
class Place:
    """What a service finds at its start: identity.json and its secret's file, apart from everybody else's."""

    identity: Identity
    folder: Path
    cognito: Any

    @property
    def file(self) -> Path:
        return self.folder / "identity.json"

    def new_client(self) -> str:
        """At the pool, with the settings of the service's own; its id and secret are put in place."""
        pool = self.identity.about["user_pool_id"]
        own = self.identity.about["service_client_ids"][NAME]
        told = self.cognito.describe_user_pool_client(UserPoolId=pool, ClientId=own)["UserPoolClient"]
        kept = ("AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient")
        made = self.cognito.create_user_pool_client(
            UserPoolId=pool, ClientName=NAME, GenerateSecret=True, **{name: told[name] for name in kept}
        )["UserPoolClient"]
        about = self.identity.about
        about["service_client_ids"][NAME] = made["ClientId"]
        self.file.write_text(json.dumps(about))
        secret = self.folder / "secret"
        secret.write_text(made["ClientSecret"] + "\n")
        secret.chmod(0o600)
        return str(made["ClientId"])

    def remove(self, client: str) -> None:
        self.cognito.delete_user_pool_client(UserPoolId=self.identity.about["user_pool_id"], ClientId=client)

    def started(self) -> ServiceTokens:
        """As a service begins that was started now."""
        return service_tokens(NAME, read_address(self.file), self.folder / "secret")

    def asked(self, token: str) -> int:
        """What another service answers that was started now."""
        pool = read_pool(self.file)
        door = _service(TokenVerifier(pool, KeySet(jwks_at(pool.jwks_url))))
        return door.get("/door/api/v1/service", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.fixture
def place(identity: Identity, tmp_path: Path) -> Iterator[Place]:
    cognito = identity.cognito()
    yield Place(identity, tmp_path, cognito)
    cognito.close()


def test_rotation_the_new_secret_gets_tokens_and_the_old_one_is_refused(place: Place) -> None:
    first = place.new_client()
    before, late = place.started(), place.started()
    old_token, old_secret = before.token(), (place.folder / "secret").read_text()
    assert place.asked(old_token) == 200

    second = place.new_client()
    place.remove(first)
    assert before.token() == old_token, "who is not started anew works on with the token that he has"
    with pytest.raises(ServiceTokenUnavailable, match="client id and secret"):
        late.token()

    after = place.started()
    assert place.asked(after.token()) == 200
    assert place.asked(old_token) == 401, "who has read identity.json anew takes no token of the old client's"
    (place.folder / "secret").write_text(old_secret)
    with pytest.raises(ServiceTokenUnavailable, match="client id and secret"):
        place.started().token()
    place.remove(second)
