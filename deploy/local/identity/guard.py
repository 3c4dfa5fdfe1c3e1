"""Closes the emulation's worst holes, seen in ministack 1.5.33, before a request reaches it.

- An administrator's action needs a signature with the administration key; ministack looks at the key's name only.
- An answer to NEW_PASSWORD_REQUIRED or an MFA challenge needs the session that was given out for that user; ministack
  gives tokens to whoever names a user.
- A user writes only the attributes that his client may write; ministack lets him write all.
- Nobody signs himself up where the pool says that administrators create users; its reset stays closed.
What comes after that is still an emulation, no security boundary.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

PUBLIC_ACTIONS = frozenset(
    {
        "AssociateSoftwareToken",
        "ChangePassword",
        "ConfirmForgotPassword",
        "ConfirmSignUp",
        "DeleteUser",
        "DeleteUserAttributes",
        "ForgotPassword",
        "GetTokensFromRefreshToken",
        "GetUser",
        "GlobalSignOut",
        "InitiateAuth",
        "ResendConfirmationCode",
        "RespondToAuthChallenge",
        "RevokeToken",
        "SetUserMFAPreference",
        "SignUp",
        "UpdateUserAttributes",
        "VerifySoftwareToken",
    }
)
"""What Amazon Cognito takes without a signature."""

_TARGET = "AWSCognitoIdentityProviderService."
_BOUND_CHALLENGES = frozenset({"NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"})
_SESSION_S = 180
_READS = ("Get", "List", "Describe", "AdminGet", "AdminList", "InitiateAuth")
_OPEN_PATHS = ("/_ministack/health", "/_ministack/ready")

Refusal = tuple[str, str]
"""Kind of the error as Cognito names it, and its text."""


class Pools(Protocol):
    """What the guard asks ministack."""

    def client(self, client_id: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        """A client with its pool."""

    def username(self, client_id: str, name: str) -> str | None:
        """The user whom a name or an alias stands for."""


class Guard:
    """Asked before each request; told each answer."""

    def __init__(
        self,
        pools: Pools,
        is_signed: Callable[[Mapping[str, str], bytes], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pools = pools
        self._is_signed = is_signed
        self._clock = clock
        self._sessions: dict[str, tuple[str, str, str | None, float]] = {}

    def refusal(self, path: str, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """Why the request must not pass, or None."""
        if path.startswith(("/_ministack", "/_localstack")):
            return None if path in _OPEN_PATHS else ("AccessDeniedException", "This is closed in the local system.")
        target = headers.get("x-amz-target")
        if target is None:
            return None  # the pool's public documents and its token endpoint
        action = action_of(headers)
        if action not in PUBLIC_ACTIONS and not self._is_signed(headers, body):
            return "UnrecognizedClientException", "The request is not signed with the administration key."
        data = _json(body)
        if action == "RespondToAuthChallenge":
            return self._wrong_session(data)
        if action in ("UpdateUserAttributes", "DeleteUserAttributes", "SignUp"):
            return self._wrong_write(action, data)
        return None

    def answered(self, headers: Mapping[str, str], request: bytes, answer: bytes) -> None:
        """Remembers the sessions that the emulation gives out."""
        if action_of(headers) not in ("InitiateAuth", "RespondToAuthChallenge"):
            return
        data, said = _json(request), _json(answer)
        challenge, session = said.get("ChallengeName"), said.get("Session")
        if challenge not in _BOUND_CHALLENGES or not isinstance(session, str):
            return
        now = self._clock()
        self._sessions = {key: entry for key, entry in self._sessions.items() if entry[3] > now}
        client_id = str(data.get("ClientId"))
        name = (said.get("ChallengeParameters") or {}).get("USER_ID_FOR_SRP") or _given_name(data)
        self._sessions[session] = (challenge, client_id, self._pools.username(client_id, str(name)), now + _SESSION_S)

    def _wrong_session(self, data: Mapping[str, Any]) -> Refusal | None:
        if data.get("ChallengeName") not in _BOUND_CHALLENGES:
            return None
        entry = self._sessions.pop(str(data.get("Session")), None)
        client_id = str(data.get("ClientId"))
        username = self._pools.username(client_id, str(_given_name(data)))
        if entry is None or username is None or entry[3] <= self._clock():
            return "NotAuthorizedException", "Invalid session for the user, session is expired."
        if entry[:3] != (data.get("ChallengeName"), client_id, username):
            return "NotAuthorizedException", "Invalid session for the user."
        return None

    def _wrong_write(self, action: str, data: Mapping[str, Any]) -> Refusal | None:
        client_id = str(data.get("ClientId") or _client_of_token(str(data.get("AccessToken"))))
        found = self._pools.client(client_id)
        if found is None:
            return "NotAuthorizedException", "Invalid access token."
        client, pool = found
        if action == "SignUp" and (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly"):
            return "NotAuthorizedException", "SignUp is not permitted for this user pool"
        given = data.get("UserAttributes") or [{"Name": name} for name in data.get("UserAttributeNames") or []]
        writable = set(client.get("WriteAttributes") or [])
        if any(not isinstance(entry, dict) or entry.get("Name") not in writable for entry in given):
            return "NotAuthorizedException", "A client attempted to write unauthorized attribute"
        return None


def action_of(headers: Mapping[str, str]) -> str | None:
    """The action that a request names; None for one that is no call of the user pools' interface."""
    target = headers.get("x-amz-target", "")
    return target.removeprefix(_TARGET) if target.startswith(_TARGET) else None


def changes_something(headers: Mapping[str, str]) -> bool:
    """Whether the emulation's state may be another one after this request."""
    action = action_of(headers)
    return action is not None and not action.startswith(_READS)


def _given_name(data: Mapping[str, Any]) -> str | None:
    parameters = data.get("AuthParameters") or data.get("ChallengeResponses") or {}
    return parameters.get("USERNAME") if isinstance(parameters, dict) else None


def _client_of_token(token: str) -> str | None:
    """Whose client a token names; ministack verifies the token itself."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["client_id"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
