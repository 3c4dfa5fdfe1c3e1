"""Tokens from the pool, by the client that machine users have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from services.blockchain_connector.auth.errors import ChallengeRequired, IdentitySilent, IdentityWrong, LoginRefused
from services.shared.identity import PoolAddress
from services.shared.identity.client import BUSY, SIGN_IN_REFUSALS, pool_client

SECURITY_KEY = "FIDO2"


@dataclass(frozen=True)
class Signed:
    """An access token, and for how many seconds it holds."""

    token: str = field(repr=False)
    expires_in: int


class Login:
    """Thread-safe."""

    def __init__(self, address: PoolAddress) -> None:
        self._client_id = address.machine_client_id
        self._client = pool_client(address)

    def sign_in(self, email: str, password: str) -> Signed:
        """Raises LoginRefused, ChallengeRequired, IdentitySilent, IdentityWrong."""
        told = self._ask(email, password)
        if "AuthenticationResult" not in told:
            raise ChallengeRequired(str(told.get("ChallengeName", "unknown")))
        return Signed(str(told["AuthenticationResult"]["AccessToken"]), int(told["AuthenticationResult"]["ExpiresIn"]))

    def close(self) -> None:
        self._client.close()

    def _ask(self, email: str, password: str) -> dict[str, Any]:
        try:
            told: dict[str, Any] = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "UserLambdaValidationException":  # the pool gives no tokens for a password alone
                raise ChallengeRequired(SECURITY_KEY) from error
            if code in SIGN_IN_REFUSALS:
                raise LoginRefused(SIGN_IN_REFUSALS[code]) from error
            if code in BUSY or code.isdigit():
                raise IdentitySilent("it is busy") from error
            raise IdentityWrong(code) from error
        except ParamValidationError as error:
            raise LoginRefused(SIGN_IN_REFUSALS["NotAuthorizedException"]) from error
        except BotoCoreError as error:
            raise IdentitySilent(type(error).__name__) from error
        return told
