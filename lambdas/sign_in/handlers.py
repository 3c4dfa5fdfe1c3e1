"""The four functions that Cognito calls. What they need stands in their environment: deploy/aws/sign-in.yaml."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from typing import Any, Final

import boto3

from lambdas.sign_in.keys import ManagerKeys
from lambdas.sign_in.triggers import Triggers
from services.shared.second_factor import RelyingParty

_FLOWS_HOLD_S: Final = 300


@cache
def _triggers() -> Triggers:
    told = os.environ
    return Triggers(
        ManagerKeys(told["TBI_MANAGER_URL"], _credentials),
        RelyingParty(told["TBI_RP_ID"], told["TBI_RP_ORIGINS"].split(",")),
        lambda pool, client: _flows(pool, client, int(time.time() // _FLOWS_HOLD_S)),
        required=told.get("TBI_SECOND_FACTOR", "optional") != "optional",
    )


def _credentials() -> tuple[str, str, str]:
    """Read when a token is needed, so that a secret that was changed counts from then on."""
    secrets = boto3.client("secretsmanager")
    told = json.loads(secrets.get_secret_value(SecretId=os.environ["TBI_SERVICE_SECRET_NAME"])["SecretString"])
    return os.environ["TBI_TOKEN_URL"], str(told["client_id"]), str(told["client_secret"])


@cache
def _flows(pool: str, client: str, _since: int) -> frozenset[str]:
    """Asked of the pool, not configured: what counts is what the client can do."""
    told = boto3.client("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=client)
    return frozenset(told["UserPoolClient"].get("ExplicitAuthFlows") or ())


def define(event: dict[str, Any], context: object) -> dict[str, Any]:
    """DefineAuthChallenge."""
    return _triggers().define(event)


def create(event: dict[str, Any], context: object) -> dict[str, Any]:
    """CreateAuthChallenge."""
    return _triggers().create(event)


def verify(event: dict[str, Any], context: object) -> dict[str, Any]:
    """VerifyAuthChallengeResponse."""
    return _triggers().verify(event)


def tokens(event: dict[str, Any], context: object) -> dict[str, Any]:
    """PreTokenGeneration, V2_0. Raises Refused: Cognito then gives no tokens."""
    return _triggers().tokens(event)
