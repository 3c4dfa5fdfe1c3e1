"""What Cognito's triggers answer. An event is Cognito's, its answer goes into `event["response"]`.

Flow (`CUSTOM_AUTH` with SRP): SRP_A, PASSWORD_VERIFIER, then CUSTOM_CHALLENGE where a key is demanded, then tokens.
A user without a key registers one in the challenge where everybody must have one: with the administrator's code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from services.shared.second_factor import (
    BY_KEY,
    BY_MACHINE,
    CLAIM,
    MACHINES,
    BadAnswer,
    NewKey,
    RelyingParty,
    SecurityKey,
    Used,
)

Event = dict[str, Any]

USE, REGISTER = "FIDO2", "FIDO2_FIRST"
"""What a challenge asks for (`challengeMetadata`, and `kind` for the browser)."""

_PASSWORD: Final = [("SRP_A", True), ("PASSWORD_VERIFIER", True)]
_WITHOUT_SKIPPING: Final = frozenset({"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"})
_AFTER_THE_CHALLENGES: Final = frozenset({"TokenGeneration_Authentication", "TokenGeneration_RefreshTokens"})
_MAX_ANSWER: Final = 16_384
_MAX_NAME: Final = 64


class Refused(Exception):  # noqa: N818 - it says what is
    """No tokens. Cognito tells the caller the text (UserLambdaValidationException)."""


class Keys(Protocol):
    """Registered keys. Raises KeysUnavailable: then nobody signs in, for nobody knows who needs a key."""

    def of(self, sub: str, /) -> Sequence[SecurityKey]:
        """A user's keys."""

    def used(self, sub: str, used: Used, /) -> bool:
        """Note a key's new counter; False when another sign-in was faster, or the key is gone."""

    def first(self, sub: str, code: str, name: str, key: NewKey, /) -> bool:
        """Register a user's first key; False when the one-time code does not fit."""


class Triggers:
    """`required`: whether everybody must have a key. `flows(pool, client)`: a client's ExplicitAuthFlows."""

    def __init__(
        self, keys: Keys, party: RelyingParty, flows: Callable[[str, str], frozenset[str]], *, required: bool
    ) -> None:
        self._keys = keys
        self._party = party
        self._flows = flows
        self._required = required

    def define(self, event: Event) -> Event:
        """DefineAuthChallenge: what comes next. Whatever is not named here fails."""
        past = event["request"].get("session") or []
        shown = [(entry.get("challengeName"), entry.get("challengeResult")) for entry in past]
        answer: dict[str, Any] = {"challengeName": None, "issueTokens": False, "failAuthentication": False}
        if shown == _PASSWORD[:1]:
            answer["challengeName"] = "PASSWORD_VERIFIER"
        elif event["request"].get("userNotFound"):
            answer["failAuthentication"] = True
        elif shown == _PASSWORD and self._is_demanded(event):
            answer["challengeName"] = "CUSTOM_CHALLENGE"
        elif shown == _PASSWORD or (
            shown == [*_PASSWORD, ("CUSTOM_CHALLENGE", True)] and past[-1].get("challengeMetadata") in (USE, REGISTER)
        ):
            answer["issueTokens"] = True
        else:
            answer["failAuthentication"] = True
        event["response"] = answer
        return event

    def create(self, event: Event) -> Event:
        """CreateAuthChallenge: the options for the browser; the challenge stays with Cognito."""
        sub = _sub(event)
        keys = self._keys.of(sub)
        if keys:
            kind, question = USE, self._party.ask(keys)
        else:
            kind, question = REGISTER, self._party.ask_for_new(sub, str(event["userName"]), ())
        event["response"] = {
            "publicChallengeParameters": {"kind": kind, "fido2options": json.dumps(question.options)},
            "privateChallengeParameters": {"kind": kind, "challenge": question.challenge},
            "challengeMetadata": kind,
        }
        return event

    def verify(self, event: Event) -> Event:
        """VerifyAuthChallengeResponse: whether the answer holds."""
        request = event["request"]
        private = request.get("privateChallengeParameters") or {}
        try:
            answer = _parsed(request.get("challengeAnswer"))
            kind, challenge = str(private.get("kind")), str(private.get("challenge"))
            correct = not request.get("userNotFound") and self._holds(_sub(event), kind, challenge, answer)
        except BadAnswer:
            correct = False
        event["response"] = {"answerCorrect": bool(correct)}
        return event

    def tokens(self, event: Event) -> Event:
        """PreTokenGeneration (V2_0): the claim; or no tokens at all, whichever flow wanted them. Raises Refused.

        Who has a key gets tokens from those clients only that have no flow without the challenge. A session that began
        before the key ends when the key is registered (the manager signs the user out everywhere): a refresh after that
        belongs to a session that has shown a key.
        """
        if event["triggerSource"] == "TokenGeneration_ClientCredentials":
            return event  # a service's own client: no user signs in
        if self._keys.of(_sub(event)):
            flows = self._flows(str(event["userPoolId"]), str(event["callerContext"]["clientId"]))
            if not flows or flows - _WITHOUT_SKIPPING or event["triggerSource"] not in _AFTER_THE_CHALLENGES:
                raise Refused("The security key is needed: sign in at the portal.")
            return _with_claim(event, BY_KEY)
        groups = (event["request"].get("groupConfiguration") or {}).get("groupsToOverride") or []
        if MACHINES in groups:
            return _with_claim(event, BY_MACHINE)
        if self._required:
            raise Refused("A security key is needed, and none is registered: sign in at the portal.")
        return event

    def _is_demanded(self, event: Event) -> bool:
        return self._required or bool(self._keys.of(_sub(event)))

    def _holds(self, sub: str, kind: str, challenge: str, answer: Mapping[str, Any]) -> bool:
        if kind == USE:
            return self._keys.used(sub, self._party.verified(challenge, self._keys.of(sub), answer))
        if kind != REGISTER or self._keys.of(sub):
            return False
        code, name, credential = answer.get("code"), answer.get("name"), answer.get("credential")
        if not (isinstance(code, str) and isinstance(name, str) and isinstance(credential, dict)):
            return False
        return self._keys.first(sub, code[:_MAX_NAME], name[:_MAX_NAME], self._party.registered(challenge, credential))


def _parsed(text: object) -> Mapping[str, Any]:
    try:
        answer = json.loads(text) if isinstance(text, str) and len(text) <= _MAX_ANSWER else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise BadAnswer("it is no JSON object")
    return answer


def _sub(event: Event) -> str:
    found = (event["request"].get("userAttributes") or {}).get("sub")
    if not found:
        raise Refused("It cannot be told who signs in.")
    return str(found)


def _with_claim(event: Event, value: str) -> Event:
    claim = {"claimsToAddOrOverride": {CLAIM: value}}
    event["response"] = {
        "claimsAndScopeOverrideDetails": {"idTokenGeneration": claim, "accessTokenGeneration": dict(claim)}
    }
    return event
