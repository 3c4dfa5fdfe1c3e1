"""The second factor in the emulation: the triggers that Cognito would call (lambdas/sign_in), in this process.

ministack calls triggers in Lambda functions of its own, and hands out tokens when a token trigger fails. Here each
place where it would call one calls the same handlers' code, and a refusal is a refusal. All its tokens go through one
function, so that no flow is left out. Runs in the emulation's own environment.
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lambdas.sign_in.keys import KeysUnavailable, ManagerKeys
from lambdas.sign_in.triggers import Keys, Refused, Triggers
from services.shared.second_factor import NewKey, RelyingParty, SecurityKey, Used

_log = logging.getLogger(__name__)
_SERVICE = "sign-in"
_PATIENCE_S = 8.0  # no Lambda's five seconds here; a busy machine may need more
_FIRST_PASSWORD = "FORCE_CHANGE_PASSWORD"  # noqa: S105 - a status


class NoKeys:
    """The emulation alone, without a manager: nobody has a key."""

    def of(self, _sub: str, /) -> Sequence[SecurityKey]:
        return ()

    def used(self, _sub: str, _used: Used, /) -> bool:
        return False

    def first(self, _sub: str, _code: str, _name: str, _key: NewKey, /) -> bool:
        return False


def triggers_of(environment: Mapping[str, str], cognito: Any) -> Triggers:
    """As the environment says: TBI_MANAGER_URL, TBI_RP_ID, TBI_RP_ORIGINS, TBI_SECOND_FACTOR, TBI_IDENTITY_DATA."""
    data = Path(environment["TBI_IDENTITY_DATA"])

    def credentials() -> tuple[str, str, str]:
        try:
            about = json.loads((data / "identity.json").read_text(encoding="utf-8"))
            secret = (data / f"identity/services/{_SERVICE}.secret").read_text(encoding="ascii").strip()
            return str(about["token_url"]), str(about["service_client_ids"][_SERVICE]), secret
        except (OSError, ValueError, KeyError) as error:
            raise KeysUnavailable("the pool is not set up yet") from error

    def flows(pool_id: str, client_id: str) -> frozenset[str]:
        clients = (cognito._user_pools.get(pool_id) or {}).get("_clients", {})
        return frozenset((clients.get(client_id) or {}).get("ExplicitAuthFlows") or ())

    url = environment.get("TBI_MANAGER_URL")
    keys: Keys = ManagerKeys(url, credentials, timeout_s=_PATIENCE_S) if url else NoKeys()
    party = RelyingParty(environment["TBI_RP_ID"], environment["TBI_RP_ORIGINS"].split(","))
    return Triggers(keys, party, flows, required=environment.get("TBI_SECOND_FACTOR", "optional") != "optional")


def install(cognito: Any, triggers: Triggers) -> None:
    """Put the triggers where ministack's module `cognito` calls its own."""
    cognito._invoke_define_auth_challenge_trigger = _define(cognito, triggers)
    cognito._invoke_create_auth_challenge_trigger = lambda *given: (
        triggers.create(cognito._build_create_auth_challenge_event(*given)),
        None,
    )
    cognito._invoke_verify_auth_challenge_trigger = lambda *given: (
        triggers.verify(cognito._build_verify_auth_challenge_event(*given)),
        None,
    )
    cognito._apply_pretoken_trigger = _before_tokens(cognito, triggers)
    cognito._run_idp_handler = _answering(cognito, cognito._run_idp_handler)


def _define(cognito: Any, triggers: Triggers) -> Callable[..., Any]:
    def define(*given: Any) -> tuple[Any, Any]:
        pool_id, client_id, username, _, session, *_ = given
        pool = cognito._user_pools[pool_id]
        user = cognito._resolve_user(pool, username)[0]
        shown = [entry["challengeName"] for entry in session["challenges"]]
        if user is not None and user.get("UserStatus") == _FIRST_PASSWORD and shown == ["SRP_A", "PASSWORD_VERIFIER"]:
            return None, cognito._password_auth_result(pool, pool_id, client_id, user, user["Username"])
        return triggers.define(cognito._build_define_auth_challenge_event(*given)), None

    return define


def _before_tokens(cognito: Any, triggers: Triggers) -> Callable[..., dict[str, Any]]:
    def apply(*, claims: dict[str, Any], token_type: str, **given: Any) -> dict[str, Any]:
        if given["trigger_source"] == "TokenGeneration_ClientCredentials":
            return claims
        answer = triggers.tokens(cognito._build_pretoken_event(version="V2_0", **given))["response"]
        told = (answer.get("claimsAndScopeOverrideDetails") or {}).get(f"{token_type}TokenGeneration") or {}
        return {**claims, **(told.get("claimsToAddOrOverride") or {})}

    return apply


def _answering(cognito: Any, run: Callable[..., Any]) -> Callable[..., Any]:
    """A refusal as Cognito tells it."""

    def answered(handler: Any, action: str, data: Any) -> Any:
        try:
            return _to_a_stranger(cognito, action, data) or run(handler, action, data)
        except Refused as refusal:
            text = f"PreTokenGeneration failed with error {refusal}"
            return cognito.error_response_json("UserLambdaValidationException", text, 400)
        except KeysUnavailable as error:
            _log.warning("nobody signs in: the security keys cannot be read (%s)", error)
            return cognito.error_response_json("UnexpectedLambdaException", "The security keys cannot be read.", 400)

    return answered


def _to_a_stranger(cognito: Any, action: str, data: Any) -> Any:
    """Who asks must not learn which users there are: a name that nobody has gets a challenge that nobody can answer."""
    given = data.get("AuthParameters") or {}
    if action != "InitiateAuth" or data.get("AuthFlow") != "CUSTOM_AUTH" or not isinstance(given, dict):
        return None
    name, public = given.get("USERNAME"), given.get("SRP_A")
    pool, pool_id = cognito._pool_for_client(data.get("ClientId"))
    if pool is None or not isinstance(name, str) or not isinstance(public, str):
        return None
    if cognito._resolve_user(pool, name)[0] is not None or not cognito._hides_user_existence(pool, data["ClientId"]):
        return None
    block, session = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    parameters, _ = cognito._srp_challenge(pool_id, None, name, public, block)
    return cognito.json_response(
        {"ChallengeName": "PASSWORD_VERIFIER", "Session": session, "ChallengeParameters": parameters}
    )
