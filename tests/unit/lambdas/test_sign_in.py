"""The triggers of the sign-in: no way to tokens without the second factor, with signatures that are really made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from lambdas.sign_in.triggers import REGISTER, USE, Refused, Triggers
from services.shared.second_factor import BY_KEY, BY_MACHINE, CLAIM, NewKey, RelyingParty, SecurityKey, Used
from services.shared.second_factor.webauthn import may_follow
from tests.authenticator import ATTESTED, PRESENT, VERIFIED, Authenticator, b64

PARTY = RelyingParty("localhost", ["http://localhost:8080"])
SUB = "00000000-0000-4000-8000-000000000001"
CODE = "ABCD-EFGH-JKLM"
CUSTOM_ONLY = frozenset({"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"})
SRP, PASSWORD = ("SRP_A", True, None), ("PASSWORD_VERIFIER", True, None)


class Kept:
    """The key store, in memory."""

    def __init__(self, *keys: SecurityKey) -> None:
        self.keys = {key.id: key for key in keys}

    def of(self, sub: str) -> Sequence[SecurityKey]:
        assert sub == SUB
        return list(self.keys.values())

    def used(self, sub: str, used: Used) -> bool:
        assert sub == SUB
        key = self.keys.get(used.id)
        if key is None or not may_follow(key.sign_count, used.sign_count):
            return False
        self.keys[used.id] = SecurityKey(key.id, key.credential, used.sign_count)
        return True

    def first(self, sub: str, code: str, name: str, key: NewKey) -> bool:
        assert (sub, name) == (SUB, "blue")
        if code != CODE or self.keys:
            return False
        self.keys[key.id] = key
        return True


def triggers(kept: Kept, *, required: bool = False, flows: frozenset[str] = CUSTOM_ONLY) -> Triggers:
    return Triggers(kept, PARTY, lambda *_: flows, required=required)


def event(session: Sequence[tuple[str, bool, str | None]] = (), **request: Any) -> dict[str, Any]:
    past = [{"challengeName": n, "challengeResult": r, "challengeMetadata": m} for n, r, m in session]
    return {
        "triggerSource": request.pop("source", "TokenGeneration_Authentication"),
        "userPoolId": "eu-central-1_pool",
        "userName": "seller",
        "callerContext": {"clientId": "portal"},
        "request": {"userAttributes": {"sub": SUB}, "session": past, **request},
        "response": {},
    }


@pytest.fixture
def token() -> Authenticator:
    return Authenticator()


@pytest.fixture
def kept(token: Authenticator) -> Kept:
    return Kept(registered(token))


def registered(token: Authenticator) -> SecurityKey:
    question = PARTY.ask_for_new(SUB, "seller", ())
    return PARTY.registered(question.challenge, token.create(question.options))


def asked(made: Triggers) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options for the browser, and what stays with Cognito."""
    answer = made.create(event([SRP, PASSWORD]))["response"]
    return json.loads(answer["publicChallengeParameters"]["fido2options"]), answer["privateChallengeParameters"]


def correct(made: Triggers, private: dict[str, Any], answer: object) -> bool:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    told = made.verify(event([SRP, PASSWORD], challengeAnswer=text, privateChallengeParameters=private))
    return bool(told["response"]["answerCorrect"])


def next_step(made: Triggers, *session: tuple[str, bool, str | None], **request: Any) -> str:
    answer = made.define(event(session, **request))["response"]
    if answer["failAuthentication"]:
        assert not answer["issueTokens"]
        return "fails"
    return "tokens" if answer["issueTokens"] else answer["challengeName"]


def test_password_then_key_then_tokens(kept: Kept) -> None:
    made = triggers(kept)
    assert next_step(made, SRP) == "PASSWORD_VERIFIER"
    assert next_step(made, SRP, PASSWORD) == "CUSTOM_CHALLENGE"
    assert next_step(made, SRP, PASSWORD, ("CUSTOM_CHALLENGE", True, USE)) == "tokens"


@pytest.mark.parametrize(
    "session",
    [
        [],
        [("CUSTOM_CHALLENGE", True, USE)],
        [PASSWORD],
        [("SRP_A", False, None)],
        [SRP, ("PASSWORD_VERIFIER", False, None)],
        [SRP, PASSWORD, ("CUSTOM_CHALLENGE", False, USE)],
        [SRP, PASSWORD, ("CUSTOM_CHALLENGE", None, USE)],
        [SRP, PASSWORD, ("CUSTOM_CHALLENGE", True, "ANOTHER")],
        [SRP, ("CUSTOM_CHALLENGE", True, USE)],
        [SRP, PASSWORD, ("CUSTOM_CHALLENGE", False, USE), ("CUSTOM_CHALLENGE", True, USE)],
        [("ADMIN_NO_SRP_AUTH", True, None)],
    ],
)
def test_every_other_way_fails(kept: Kept, session: Any) -> None:
    assert next_step(triggers(kept), *session) == "fails"


def test_without_a_key_the_password_is_enough_where_it_may_be() -> None:
    assert next_step(triggers(Kept()), SRP, PASSWORD) == "tokens"
    assert next_step(triggers(Kept(), required=True), SRP, PASSWORD) == "CUSTOM_CHALLENGE"


def test_a_user_who_is_not_there_is_asked_for_a_password_and_fails(kept: Kept) -> None:
    made = triggers(kept)
    assert next_step(made, SRP, userNotFound=True, userAttributes={}) == "PASSWORD_VERIFIER"
    assert next_step(made, SRP, PASSWORD, userNotFound=True, userAttributes={}) == "fails"


def test_a_registered_key_is_taken_once(kept: Kept, token: Authenticator) -> None:
    made = triggers(kept)
    options, private = asked(made)
    assert options["rpId"] == "localhost"
    assert options["userVerification"] == "required"
    assert [entry["id"] for entry in options["allowCredentials"]] == [b64(token.id)]
    answer = token.get(options)
    assert correct(made, private, answer)
    assert not correct(made, private, answer), "its counter has been seen"


def test_the_challenge_is_fresh_and_not_told(kept: Kept) -> None:
    made = triggers(kept)
    one, other = asked(made), asked(made)
    assert one[1]["challenge"] == one[0]["challenge"] != other[1]["challenge"]
    assert len(one[1]["challenge"]) >= 43


@pytest.mark.parametrize(
    "wrong",
    [
        {"challenge": b64(b"x" * 32)},
        {"origin": "http://localhost:8081"},
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"flags": 0},
        {"type": "webauthn.create"},
        {"count": 0},
    ],
    ids=str,
)
def test_what_is_wrong_in_one_point_is_refused(token: Authenticator, wrong: dict[str, Any]) -> None:
    token.count = 4
    made = triggers(Kept(registered(token)))
    options, private = asked(made)
    assert not correct(made, private, token.get(options, **wrong))
    assert correct(made, private, token.get(options)), "all else is right"


def test_another_key_is_refused(kept: Kept, token: Authenticator) -> None:
    made = triggers(kept)
    options, private = asked(made)
    other = Authenticator()
    assert not correct(made, private, other.get(options))
    other.id = token.id
    assert not correct(made, private, other.get(options)), "its id, another's signature"


def test_a_key_without_a_counter_is_taken_again() -> None:
    token = Authenticator(counts=False)
    made = triggers(Kept(registered(token)))
    for _ in range(2):
        options, private = asked(made)
        assert correct(made, private, token.get(options))


@pytest.mark.parametrize(
    "answer", ["", "{}", "null", "[1]", '"x"', "{", "[" * 20_000, '{"rawId": 3}', json.dumps({"response": {}})]
)
def test_garbage_is_refused(kept: Kept, answer: str) -> None:
    made = triggers(kept)
    assert not correct(made, asked(made)[1], answer)


def test_cut_and_changed_answers_are_refused(kept: Kept, token: Authenticator) -> None:
    made = triggers(kept)
    options, private = asked(made)
    for name in ("clientDataJSON", "authenticatorData", "signature"):
        answer = token.get(options)
        right = answer["response"][name]
        for wrong in (right[:-4], "", right[::-1], "AAAA" + right):
            answer["response"][name] = wrong
            assert not correct(made, private, answer), name


def test_where_everybody_needs_one_the_first_key_comes_with_the_code(token: Authenticator) -> None:
    kept = Kept()
    made = triggers(kept, required=True)
    options, private = asked(made)
    assert private["kind"] == REGISTER
    credential = token.create(options)
    for bad in ({"code": "WRONG"}, {"code": None}, {"credential": None}, {"name": 3}):
        assert not correct(made, private, {"code": CODE, "name": "blue", "credential": credential, **bad})
    unverified = token.create(options, flags=PRESENT | ATTESTED)
    assert not correct(made, private, {"code": CODE, "name": "blue", "credential": unverified})
    assert correct(made, private, {"code": CODE, "name": "blue", "credential": credential})
    assert not correct(made, private, {"code": CODE, "name": "blue", "credential": credential}), "he has one now"
    assert next_step(made, SRP, PASSWORD, ("CUSTOM_CHALLENGE", True, REGISTER)) == "tokens"


def claims(made: Triggers, **request: Any) -> set[str | None]:
    answer = made.tokens(event(**request))["response"]
    told = answer.get("claimsAndScopeOverrideDetails", {})
    return {
        (told.get(kind) or {}).get("claimsToAddOrOverride", {}).get(CLAIM)
        for kind in ("idTokenGeneration", "accessTokenGeneration")
    }


def test_tokens_say_that_a_key_was_shown(kept: Kept) -> None:
    assert claims(triggers(kept)) == {BY_KEY}
    assert claims(triggers(kept), source="TokenGeneration_RefreshTokens") == {BY_KEY}
    assert claims(triggers(Kept())) == {None}


@pytest.mark.parametrize("flow", ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"])
def test_a_client_that_lets_the_key_be_skipped_gets_no_tokens(kept: Kept, flow: str) -> None:
    with pytest.raises(Refused):
        claims(triggers(kept, flows=CUSTOM_ONLY | {flow}))
    with pytest.raises(Refused):
        claims(triggers(kept, flows=frozenset()), source="TokenGeneration_RefreshTokens")


@pytest.mark.parametrize("source", ["TokenGeneration_NewPasswordChallenge", "TokenGeneration_HostedAuth"])
def test_other_ways_to_tokens_are_shut_for_who_has_a_key(kept: Kept, source: str) -> None:
    with pytest.raises(Refused):
        claims(triggers(kept), source=source)


def test_where_everybody_needs_one_only_machines_go_without() -> None:
    made = triggers(Kept(), required=True, flows=frozenset({"ALLOW_USER_PASSWORD_AUTH"}))
    with pytest.raises(Refused):
        claims(made, groupConfiguration={"groupsToOverride": ["Admin"]})
    assert claims(made, groupConfiguration={"groupsToOverride": ["Admin", "Machine"]}) == {BY_MACHINE}


def test_who_cannot_be_told_gets_nothing() -> None:
    with pytest.raises(Refused):
        claims(triggers(Kept()), userAttributes={})
