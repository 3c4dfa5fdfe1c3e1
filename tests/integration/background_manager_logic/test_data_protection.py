"""Data protection: what is known of a person can be had, is gone when he goes, and is forgotten when it should be."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import MongoClient

from services.shared.web.idempotency import KEEP_S
from tests.integration.background_manager_logic.manager import BOX_IP, OPERATOR, Manager, problem
from tests.integration.box.box import MASTR, SERIAL

LOCATION = "Trier, Lindenstraße 7"
_KEPT_FOR = {
    "answers": KEEP_S,
    "access_log": 365 * 86_400,
    "security_key_codes": 0,
    "security_key_questions": 0,
    "market_changes": 86_400,
    "market_noted_passives": 300,
    "market_noted_deals": 300,
}
"""Collections that forget by an index, in seconds; 0: at the time that the document names."""

_NOT_PERSONAL = ("market_", "proposals", "runs", "sightings", "schema")
"""Pseudonyms of the chain, what governors and auditors do, parts of the system."""


@dataclass(frozen=True)
class Leaver:
    """A person of whom much is known: `words` name him, `numbers` are his things'."""

    username: str
    email: str
    sub: str
    account: str

    @property
    def words(self) -> tuple[str, ...]:
        return (self.username, self.email)

    @property
    def numbers(self) -> tuple[str, ...]:
        return (MASTR, SERIAL, OPERATOR, LOCATION, self.account)


@pytest.fixture
def leaver(manager: Manager) -> Iterator[Leaver]:
    """He has a box, a meter, a unit, and has been looked at and changed, by others and by himself."""
    admin, pool = manager.identity.cognito(), manager.identity.about["user_pool_id"]
    name = f"leaver-{secrets.token_hex(4)}"
    mail = [{"Name": "email", "Value": f"{name}@haus.example"}, {"Name": "email_verified", "Value": "true"}]
    admin.admin_create_user(UserPoolId=pool, Username=name, UserAttributes=mail, MessageAction="SUPPRESS")
    ask = {"ip": BOX_IP, "name": "seller", "location": LOCATION}
    assert manager.admin("POST", "/cls-box", ask, key=secrets.token_hex(8)).status_code == 201
    manager.made("/grid-meter", serial_number=SERIAL, cls_box_ip=BOX_IP)
    manager.made("/unit", unit_mastr_nr=MASTR, cls_box_ip=BOX_IP, marktakteur_mastr_nr=OPERATOR)
    account = "".join(secrets.choice("abcdefghij") for _ in range(12))
    body = {"username": name, "cls_box_ip": BOX_IP, "betreiber_mastr_nr": OPERATOR, "eos_account": account}
    made = manager.admin("POST", "/participant", body, key=secrets.token_hex(8))
    assert made.status_code == 201, made.text
    sub = made.json()["sub"]
    manager.admin("PATCH", f"/participant/{sub}", {"kwh_annum": 3210}, key=secrets.token_hex(8))
    manager.admin("GET", f"/participant/{sub}")
    _have_acted_himself(manager, sub, name)
    yield Leaver(name, f"{name}@haus.example", sub, account)
    manager.forget()


def _have_acted_himself(manager: Manager, sub: str, name: str) -> None:
    """What his own orders leave: an answer under his number, a line of the access log with his name."""
    db = manager.mongo.database("background_manager")
    now = datetime.now(UTC)
    answer = {"status": 201, "content_type": "application/json", "body": json.dumps({"offer_id": 7})}
    db["answers"].insert_one({"_id": {"who": sub, "key": "k"}, "begun": now, "fingerprint": "f", "answer": answer})
    db["access_log"].insert_one(
        {"at": now, "sub": sub, "username": name, "did": "changed", "targets": {"market": "lem"}}
    )
    db.client.close()


def everything(manager: Manager) -> dict[str, list[str]]:
    """Every document of every database, as text, by database and collection."""
    db = manager.mongo.database("admin")
    client: MongoClient[dict[str, Any]] = db.client
    try:
        return {
            f"{name}.{kind}": [str(document) for document in client[name][kind].find()]
            for name in client.list_database_names()
            if name not in ("admin", "config", "local")
            for kind in client[name].list_collection_names()
        }
    finally:
        client.close()


def places_of(word: str, found: dict[str, list[str]]) -> list[str]:
    return [place for place, documents in found.items() if any(word in document for document in documents)]


def test_an_export_has_all_that_names_him_or_his(manager: Manager, leaver: Leaver) -> None:
    told = json.dumps(manager.admin("GET", f"/participant/{leaver.sub}/export").json(), ensure_ascii=False)
    for word in (*leaver.words, leaver.sub, *leaver.numbers, "3210"):
        assert word in told, word


def test_after_the_erasure_no_collection_and_no_log_knows_him(manager: Manager, leaver: Leaver) -> None:
    before = everything(manager)
    assert "background_manager.participants" in places_of(leaver.username, before)
    assert "background_manager.answers" in places_of(leaver.email, before)
    assert "background_manager.access_log" in places_of(leaver.username, before)
    targets = [
        one for one in before["background_manager.access_log"] if f"'targets': {{'username': '{leaver.username}'" in one
    ]
    assert targets, "what others did to him names him as what it was done to"
    problem(manager.admin("DELETE", f"/participant/{leaver.sub}"), 409, "disable him first")
    manager.admin("PATCH", f"/participant/{leaver.sub}", {"disabled": True})
    assert manager.admin("DELETE", f"/participant/{leaver.sub}").status_code == 204
    after = everything(manager)
    assert {word: places_of(word, after) for word in leaver.words} == {word: [] for word in leaver.words}
    problem(manager.admin("GET", f"/participant/{leaver.sub}"), 404)
    admin, pool = manager.identity.cognito(), manager.identity.about["user_pool_id"]
    with pytest.raises(admin.exceptions.UserNotFoundException):
        admin.admin_get_user(UserPoolId=pool, Username=leaver.username)
    log = manager.program.log()
    assert [word for word in (*leaver.words, *leaver.numbers) if word in log] == []
    deeds = [one for one in after["background_manager.access_log"] if leaver.sub in one]
    assert deeds, "what was done stays, under a number that leads to nobody"


def test_when_his_things_are_taken_away_their_numbers_are_gone_too(manager: Manager, leaver: Leaver) -> None:
    """The runbook's order: unit, meter, person, box. What remains says that something was done with a number,
    and answers are forgotten within their week."""
    for path in (f"/unit/{MASTR}", f"/grid-meter/{SERIAL}"):
        assert manager.admin("DELETE", path).status_code == 204, path
    manager.admin("PATCH", f"/participant/{leaver.sub}", {"disabled": True})
    assert manager.admin("DELETE", f"/participant/{leaver.sub}").status_code == 204
    assert manager.admin("DELETE", f"/cls-box/{BOX_IP}").status_code == 204
    after = everything(manager)
    where = {place for number in leaver.numbers for place in places_of(number, after)}
    assert where <= {"background_manager.access_log", "background_manager.answers"}


def test_every_collection_that_is_to_forget_has_an_index_for_it(manager: Manager, leaver: Leaver) -> None:
    db = manager.mongo.database("background_manager")
    try:
        kept = {
            name: spec["expireAfterSeconds"]
            for name in db.list_collection_names()
            for spec in db[name].index_information().values()
            if "expireAfterSeconds" in spec
        }
        others = set(db.list_collection_names()) - kept.keys()
    finally:
        db.client.close()
    assert kept == {name: seconds for name, seconds in _KEPT_FOR.items() if name in kept}
    assert {"answers", "access_log", "security_key_codes", "security_key_questions"} <= kept.keys()
    primary = {"boxes", "meters", "units", "accounts", "participants", "security_keys"}
    assert {name for name in others if not name.startswith(_NOT_PERSONAL)} <= primary
