"""Where everybody must have a security key: the operator's first code, the key at the first sign-in, and machines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jose import jwt

from services.shared.second_factor import CLAIM
from tests.authenticator import Authenticator
from tests.integration.background_manager_logic.manager import Manager, Register, problem
from tests.integration.background_manager_logic.test_security_keys import ORIGIN, House
from tests.integration.box.processes import REPO, free_port
from tests.integration.identity.pool import Identity
from tests.integration.mongo import Mongo


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, mongo: Mongo) -> Iterator[House]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/background-manager-logic/api/v1"
    own = Identity(tmp_path_factory.mktemp("identity"), TBI_MANAGER_URL=url, TBI_SECOND_FACTOR="required")
    own.start()
    register = Register(own)
    nowhere: Any = SimpleNamespace(url="http://127.0.0.1:1/nowhere")
    folder = tmp_path_factory.mktemp("manager")
    manager = Manager(folder, own, mongo, register, nowhere, TBI_PORT=str(port), TBI_RP_ORIGINS=ORIGIN)
    try:
        manager.program.start()
        manager.forget()
        yield House(manager)
    finally:
        manager.program.end()
        manager.http.close()
        register.close()
        own.stop()


def test_the_first_administrator_begins_with_the_operators_code(house: House, tmp_path: Path) -> None:
    asked = house.password("admin")
    assert (asked["challenge"], asked["parameters"]["kind"]) == ("CUSTOM_CHALLENGE", "FIDO2_FIRST")
    made = subprocess.run(
        [sys.executable, "-m", "services.background_manager_logic.first_code", "admin"],
        env={**house.manager.environment, "PYTHONPATH": str(REPO)},
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    key, options = Authenticator(), json.loads(asked["parameters"]["fido2options"])
    answer = {"code": "XXXX-XXXX-XXXX", "name": "blue", "credential": key.create(options)}
    problem(house.answer("admin", asked, answer), 401)
    asked = house.password("admin")
    answer = {"code": made.stdout.strip(), "name": "blue"}
    answer["credential"] = key.create(json.loads(asked["parameters"]["fido2options"]))
    signed_in = house.answer("admin", asked, answer)
    assert signed_in.status_code == 200, signed_in.text
    token = signed_in.json()["access_token"]
    assert jwt.get_unverified_claims(token)[CLAIM] == "fido2"
    own = house.call(token, "GET", "/fido2/keys").json()
    assert (own["required"], own["by_key"], len(own["items"])) == (True, True, 1)
    problem(house.call(token, "DELETE", f"/fido2/key/{own['items'][0]['id']}"), 409, "the last one")
    assert house.shown("admin", key).status_code == 200


def test_a_machine_signs_in_with_its_password_and_nobody_else_does(house: House) -> None:
    claims = jwt.get_unverified_claims(house.identity.tokens("machine", "machine")["AccessToken"])
    assert claims[CLAIM] == "machine"
    user = house.identity.user("evu")
    answer = house.identity.call(
        "InitiateAuth",
        ClientId=house.identity.about["machine_client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user["username"], "PASSWORD": user["password"]},
    )
    assert answer.json()["__type"] == "UserLambdaValidationException"


def test_a_token_without_the_claim_opens_no_service(house: House) -> None:
    """Signed by the pool itself, as one from before the second factor was required."""
    token = house.identity.tokens("machine", "machine")["AccessToken"]
    assert house.call(token, "GET", "/cls-boxes").status_code == 200
    told = house.call(house.identity.resigned(token, **{CLAIM: None}), "GET", "/cls-boxes")
    assert 'error="insufficient_user_authentication"' in told.headers["WWW-Authenticate"]
    problem(told, 401, "security key")
    problem(house.call(house.identity.resigned(token, **{CLAIM: "made-up"}), "GET", "/cls-boxes"), 401)
