"""Security keys with the real emulation, mongod and the service: from the one-time code to a sign-in by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from jose import jwt

from services.shared.second_factor import CLAIM
from tests.authenticator import PRESENT, Authenticator
from tests.integration.background_manager_logic.manager import Manager, Register, problem
from tests.integration.box.processes import free_port
from tests.integration.identity.pool import Identity
from tests.integration.mongo import Mongo

PORT = free_port()
ORIGIN = "http://localhost:8080"


@dataclass
class House:
    """The service beside an identity provider that asks it for keys."""

    manager: Manager

    @property
    def identity(self) -> Identity:
        return self.manager.identity

    def call(self, token: str | None, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.manager.http.request(method, self.manager.url + path, json=body, headers=headers, timeout=30)

    def password(self, role: str) -> dict[str, Any]:
        """What POST /token answers."""
        user = self.identity.user(role)
        answer = self.call(None, "POST", "/token", {"username": user["username"], "password": user["password"]})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def shown(self, role: str, key: Authenticator, **wrong: Any) -> requests.Response:
        """The answer to a password and a key."""
        asked = self.password(role)
        assert (asked["challenge"], asked["parameters"]["kind"]) == ("CUSTOM_CHALLENGE", "FIDO2")
        return self.answer(role, asked, key.get(json.loads(asked["parameters"]["fido2options"]), **wrong))

    def answer(self, role: str, asked: dict[str, Any], answer: Any) -> requests.Response:
        body = {
            "username": self.identity.user(role)["username"],
            "challenge": asked["challenge"],
            "session": asked["session"],
            "answer": json.dumps(answer),
        }
        return self.call(None, "POST", "/token/challenge", body)

    def admin(self) -> str:
        return self.manager.token("admin")

    def code(self, role: str) -> str:
        answer = self.call(self.admin(), "POST", f"/fido2/participant/{self.identity.user(role)['sub']}/code")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    def register(self, token: str, key: Authenticator, code: str | None = None, **wrong: Any) -> requests.Response:
        asked = self.call(token, "POST", "/fido2/options")
        assert asked.status_code == 200, asked.text
        options = asked.json()["options"]
        body = {"challenge": options["challenge"], "name": "blue", "credential": key.create(options, **wrong)}
        return self.call(token, "POST", "/fido2/register", body if code is None else {**body, "code": code})

    def with_key(self, role: str) -> tuple[Authenticator, str]:
        """A user's first key, and a token that it has given."""
        key = Authenticator()
        answer = self.register(self.password(role)["access_token"], key, self.code(role))
        assert answer.status_code == 201, answer.text
        signed_in = self.shown(role, key)
        assert signed_in.status_code == 200, signed_in.text
        return key, signed_in.json()["access_token"]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, mongo: Mongo) -> Iterator[House]:
    url = f"http://127.0.0.1:{PORT}/background-manager-logic/api/v1"
    own = Identity(tmp_path_factory.mktemp("identity"), TBI_MANAGER_URL=url)
    own.start()
    register = Register(own)
    nowhere: Any = SimpleNamespace(url="http://127.0.0.1:1/nowhere")
    manager = Manager(
        tmp_path_factory.mktemp("manager"), own, mongo, register, nowhere, TBI_PORT=str(PORT), TBI_RP_ORIGINS=ORIGIN
    )
    try:
        manager.program.start()
        yield House(manager)
    finally:
        manager.program.end()
        manager.http.close()
        register.close()
        own.stop()


@pytest.fixture
def house(started: House) -> House:
    started.manager.forget()
    started.manager._bearers.clear()
    return started


def test_the_first_key_comes_with_the_code_and_is_needed_from_then_on(house: House) -> None:
    before = house.password("seller")
    key = Authenticator()
    problem(house.register(before["access_token"], key), 403, "one-time code")
    code = house.code("seller")
    problem(house.register(before["access_token"], key, "WRONG-CODE"), 403, "4 tries are left")
    made = house.register(before["access_token"], key, code.lower().replace("-", " "))
    assert made.status_code == 201, made.text
    assert set(made.json()) == {"id", "name", "added_at", "last_used_at"}
    problem(house.call(None, "POST", "/token/refresh", {"refresh_token": before["refresh_token"]}), 401)
    assert "access_token" not in house.password("seller"), "the password alone gives a challenge"
    signed_in = house.shown("seller", key).json()
    for token in (signed_in["access_token"], signed_in["id_token"]):
        assert jwt.get_unverified_claims(token)[CLAIM] == "fido2"
    fresh = house.call(None, "POST", "/token/refresh", {"refresh_token": signed_in["refresh_token"]}).json()
    assert jwt.get_unverified_claims(fresh["access_token"])[CLAIM] == "fido2"


def test_a_wrong_key_and_a_wrong_answer_sign_nobody_in(house: House) -> None:
    key, _ = house.with_key("seller")
    other = Authenticator()
    problem(house.shown("seller", other), 401)
    other.id = key.id
    problem(house.shown("seller", other), 401)
    for wrong in ({"origin": "https://evil.example"}, {"flags": PRESENT}, {"count": 1}):
        problem(house.shown("seller", key, **wrong), 401)
    asked = house.password("seller")
    options = json.loads(asked["parameters"]["fido2options"])
    answer = key.get(options)
    assert house.answer("seller", asked, answer).status_code == 200
    problem(house.answer("seller", asked, answer), 401), "a session holds once"
    problem(house.answer("seller", house.password("seller"), answer), 401), "and a challenge, too"


def test_no_other_flow_gives_him_tokens(house: House) -> None:
    house.with_key("seller")
    user, about = house.identity.user("seller"), house.identity.about
    given = {"USERNAME": user["username"], "PASSWORD": user["password"], "SRP_A": "ab"}
    for client in ("portal", "machine"):
        for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_AUTH", "CUSTOM_AUTH"):
            answer = house.identity.call(
                "InitiateAuth", ClientId=about[f"{client}_client_id"], AuthFlow=flow, AuthParameters=given
            )
            assert "AccessToken" not in answer.text, (client, flow)
    admin = house.identity.cognito()
    admin.admin_set_user_password(
        UserPoolId=about["user_pool_id"], Username="seller", Password="First-word-1234", Permanent=False
    )
    try:
        asked = house.identity.prove("seller", "First-word-1234").json()
        assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
        answer = house.identity.call(
            "RespondToAuthChallenge",
            ClientId=about["portal_client_id"],
            ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={"USERNAME": "seller", "NEW_PASSWORD": "Second-word-1234"},
            Session=asked["Session"],
        )
        assert answer.json()["__type"] == "UserLambdaValidationException"
    finally:
        admin.admin_set_user_password(
            UserPoolId=about["user_pool_id"], Username="seller", Password=user["password"], Permanent=True
        )


def test_codes_are_tried_five_times_and_used_once(house: House) -> None:
    code = house.code("bidder1")
    token = house.password("bidder1")["access_token"]
    for left in (4, 3, 2, 1, 0):
        problem(house.register(token, Authenticator(), "XXXX-XXXX-XXXX"), 403, f"{left} tries are left")
    problem(house.register(token, Authenticator(), code), 403, "no one-time code that holds")
    code = house.code("bidder1")
    problem(house.register(house.password("bidder2")["access_token"], Authenticator(), code), 403, "no one-time code")
    problem(house.register(token, Authenticator(), code, origin="https://evil.example"), 400, "credential")
    assert house.register(token, Authenticator(), code).status_code == 201
    problem(house.call(house.admin(), "POST", f"/fido2/participant/{house.identity.user('bidder1')['sub']}/code"), 409)


def test_a_second_key_needs_the_first(house: House) -> None:
    before = house.password("seller")["access_token"]
    first, token = house.with_key("seller")
    problem(house.call(before, "POST", "/fido2/options"), 403, "has not shown your security key")
    second = Authenticator()
    made = house.register(token, second)
    assert made.status_code == 201, made.text
    problem(house.register(token, second), 409, "registered already")
    assert house.shown("seller", second).status_code == 200
    own = house.call(token, "GET", "/fido2/keys").json()
    assert [key["name"] for key in own["items"]] == ["blue", "blue"]
    assert (own["required"], own["by_key"]) == (False, True)
    path = f"/fido2/key/{made.json()['id']}"
    assert house.call(token, "PATCH", path, {"name": " red "}).json()["name"] == "red"
    problem(house.call(before, "DELETE", path), 403)
    _, other = house.with_key("bidder1")
    problem(house.call(other, "DELETE", path), 404)
    assert house.call(token, "DELETE", path).status_code == 204
    problem(house.shown("seller", second), 401)
    assert house.shown("seller", first).status_code == 200


def test_an_administrator_takes_lost_keys_back(house: House) -> None:
    key, token = house.with_key("seller")
    sub = house.identity.user("seller")["sub"]
    assert len(house.call(house.admin(), "GET", f"/fido2/participant/{sub}/keys").json()["items"]) == 1
    problem(house.call(token, "DELETE", f"/fido2/participant/{sub}/keys"), 403)
    refresh = house.shown("seller", key).json()["refresh_token"]
    assert house.call(house.admin(), "DELETE", f"/fido2/participant/{sub}/keys").status_code == 204
    problem(house.call(None, "POST", "/token/refresh", {"refresh_token": refresh}), 401)
    fresh = house.password("seller")["access_token"]
    assert CLAIM not in jwt.get_unverified_claims(fresh)
    assert house.register(fresh, Authenticator(), house.code("seller")).status_code == 201
    admin = house.identity.user("admin")["sub"]
    problem(house.call(house.admin(), "DELETE", f"/fido2/participant/{admin}/keys"), 409, "another administrator")
    problem(house.call(house.admin(), "POST", "/fido2/participant/00000000-made-up/code"), 404)


def test_only_the_sign_in_asks_for_keys(house: House) -> None:
    path = f"/fido2/user/{house.identity.user('seller')['sub']}"
    problem(house.call(house.manager.token("mastr-connector"), "GET", path), 403, "sign-in")
    problem(house.call(house.admin(), "GET", path), 403)
    assert house.call(house.manager.token("sign-in"), "GET", path).json() == {"items": []}


def test_while_keys_cannot_be_read_nobody_signs_in(house: House) -> None:
    house.manager.program.end()
    try:
        answer = house.identity.prove("evu", house.identity.user("evu")["password"])
        assert (answer.status_code, answer.json()["__type"]) == (400, "UnexpectedLambdaException")
    finally:
        house.manager.program.start()
    assert "access_token" in house.password("evu")
