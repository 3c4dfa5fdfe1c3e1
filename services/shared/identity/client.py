"""Amazon Cognito (or its emulation) through boto3, and what its answers to a sign-in mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import boto3
from botocore.config import Config

from services.shared.identity.address import PoolAddress

SIGN_IN_REFUSALS: Final[Mapping[str, str]] = {
    "NotAuthorizedException": "name, password or token are not right",
    "UserNotFoundException": "name, password or token are not right",
    "CodeMismatchException": "the answer is not right",
    "ExpiredCodeException": "the challenge has expired; sign in again",
    "UserNotConfirmedException": "the account is not confirmed yet; ask an administrator",
    "PasswordResetRequiredException": "the password must be set anew; ask an administrator",
    "UserLambdaValidationException": "a security key is needed; sign in at the portal",
    "InvalidParameterException": "the challenge or its answer do not fit; sign in again",
}
"""Why a sign-in is refused, by Cognito's error code."""

BUSY: Final = frozenset(
    {"TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException", "InternalErrorException"}
    | {"UnexpectedLambdaException"}
)
"""Error codes that a moment later may be gone."""


def pool_client(address: PoolAddress) -> Any:
    """A client of the pool's API (`cognito-idp`), safe for several threads."""
    return boto3.client(
        "cognito-idp",
        region_name=address.region,
        endpoint_url=address.endpoint_url,
        config=Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 2, "mode": "standard"},
            proxies={} if address.endpoint_url else None,
        ),
    )
