"""The real emulation, as a process, with its users: for every test that needs tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config
from jose import jwt

from services.shared.identity.srp import Srp
from services.shared.wait import wait_until
from services.shared.web.service_token import ServiceTokens
from tests.integration.box.processes import Program, free_port, module


class Identity:
    """`user(role)` gives what demo-users.json says; `tokens(role)` signs him in."""

    def __init__(self, data: Path, port: int | None = None, **environment: str) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [*module("deploy.local.identity"), "--data-dir", str(data), "--port", str(self.port)]
        self.program = Program(command, environment, data / "identity.log", self._ready)
        self.http = requests.Session()
        self.http.trust_env = False

    def start(self) -> None:
        self.program.start()

    def stop(self) -> None:
        self.program.end()

    @property
    def file(self) -> Path:
        return self.data / "identity.json"

    @property
    def about(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    @property
    def credentials(self) -> Path:
        """The administration key, an AWS credentials file."""
        return self.data / "identity/credentials"

    def service_secret(self, name: str) -> Path:
        return self.data / f"identity/services/{name}.secret"

    def user(self, role: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / "demo-users.json").read_text())[role]
        return found

    def call(self, action: str, **body: Any) -> requests.Response:
        """An unsigned call, as a browser makes it."""
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{action}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return self.http.post(self.url, data=json.dumps(body), headers=headers, timeout=10)

    def tokens(self, role: str, client: str = "portal") -> dict[str, str]:
        """AccessToken, IdToken, RefreshToken of a user."""
        user = self.user(role)
        if client == "portal":
            answer = self.prove(user["username"], user["password"])
        else:
            answer = self.call(
                "InitiateAuth",
                ClientId=self.about[f"{client}_client_id"],
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": user["username"], "PASSWORD": user["password"]},
            )
        assert answer.ok, answer.text
        found: dict[str, str] = answer.json()["AuthenticationResult"]
        return found

    def prove(self, name: str, password: str) -> requests.Response:
        """The answer to the password's proof, as the portal gives it."""
        about = self.about
        srp = Srp(about["user_pool_id"], password)
        asked = self.call(
            "InitiateAuth",
            ClientId=about["portal_client_id"],
            AuthFlow="CUSTOM_AUTH",
            AuthParameters={"USERNAME": name, "CHALLENGE_NAME": "SRP_A", "SRP_A": srp.public},
        )
        if not asked.ok:
            return asked
        told = asked.json()
        return self.call(
            "RespondToAuthChallenge",
            ClientId=about["portal_client_id"],
            ChallengeName=told["ChallengeName"],
            Session=told["Session"],
            ChallengeResponses=srp.proof(told["ChallengeParameters"]),
        )

    def service_token(self, name: str) -> str:
        """A service's token."""
        about = self.about
        secret = self.service_secret(name).read_text().strip()
        return ServiceTokens(about["token_url"], about["service_client_ids"][name], secret).token()

    def resigned(self, token: str, use: str = "access", **changes: Any) -> str:
        """The token with other claims, signed with the pool's own private key, as only the pool could."""
        file = self.data / f"identity/state/cognito-pool-keys/{self.about['user_pool_id']}-{use}.pem"
        claims = {**jwt.get_unverified_claims(token), **changes}
        kid = jwt.get_unverified_header(token)["kid"]
        return str(jwt.encode(claims, file.read_text(), "RS256", headers={"kid": kid}))

    def bearer(self, role: str) -> dict[str, str]:
        """The header with a user's access token."""
        return {"Authorization": f"Bearer {self.tokens(role)['AccessToken']}"}

    def cognito(self, key_id: str | None = None, secret: str | None = None) -> Any:
        """An administrator's client; with another key when one is given."""
        lines = dict(line.split(" = ") for line in self.credentials.read_text().splitlines() if " = " in line)
        return boto3.client(
            "cognito-idp",
            endpoint_url=self.url,
            region_name=self.about["region"],
            aws_access_key_id=key_id or lines["aws_access_key_id"],
            aws_secret_access_key=secret or lines["aws_secret_access_key"],
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def _ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=2).ok
        except requests.ConnectionError:
            return False


def started(data: Path) -> Identity:
    """A running emulation. Its `stop` ends it."""
    made = Identity(data)
    try:
        made.start()
    except BaseException:
        made.stop()
        raise
    return made


def wait_for_end(identity: Identity) -> None:
    """Until nobody answers at its port any more."""

    def silent() -> bool:
        try:
            requests.get(f"{identity.url}/health", timeout=1)
        except requests.ConnectionError:
            return True
        return False

    wait_until(silent, 15, what="the end of the emulation's child")
