"""The running system as the catalogue's people meet it: the gateway's public routes, and the newcomer's box.

What a test case requires is brought about here, by the same routes that its steps use, each time with a look whether it
is there already: so every test case's module runs alone, and all of them one after the other.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import requests

from deploy.local.boxes import BOXES, Box
from services.shared.wait import wait_until
from tests.local_system import RunningSystem

MANAGER, MASTR = "/background-manager-logic/api/v1", "/mastr-connector/api/v1"
FORECAST, CHAIN = "/forecast-connector/api/v1", "/blockchain-connector/api/v1"
LEM = "lem"
NEWCOMER: Box = next(box for box in BOXES if box.name == "newcomer")
UNIT = NEWCOMER.units[0].mastr_nr
QUARTER_S = 900
_TIMEOUT_S = 90
_LETTERS = "abcdefghijklmnopqrstuvwxyz12345"

Body = Mapping[str, Any]


@dataclass
class World:
    """`ask` calls a route as somebody of demo-users.json; `got` and `made` want it to succeed."""

    system: RunningSystem

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self._signed: dict[str, tuple[float, dict[str, Any]]] = {}

    @cached_property
    def users(self) -> dict[str, dict[str, Any]]:
        """Who may sign in, by role."""
        told: dict[str, dict[str, Any]] = json.loads(self.system.plan.settings.users.read_text())
        return told

    def sign_in(self, role: str) -> dict[str, Any]:
        """What POST /token answers; kept for a while."""
        at, told = self._signed.get(role, (float("-inf"), {}))
        if time.monotonic() - at > QUARTER_S:
            user = self.users[role]
            body = {"username": user["username"], "password": user["password"]}
            told = self.answered(self.ask(None, "POST", f"{MANAGER}/token", body), 200)
            self._signed[role] = time.monotonic(), told
        return told

    def ask(
        self, role: str | None, method: str, path: str, body: Body | None = None, *, token: str = "", **query: Any
    ) -> requests.Response:
        """Over the gateway. `role` None: without a token, or with the one that is given."""
        shown = token or (str(self.sign_in(role)["access_token"]) if role is not None else "")
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        if method == "POST":
            headers["Idempotency-Key"] = secrets.token_hex(16)
        url = self.system.endpoints["gateway"] + path
        return self.http.request(method, url, json=body, params=query, headers=headers, timeout=_TIMEOUT_S)

    def answered(self, answer: requests.Response, status: int) -> dict[str, Any]:
        assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.text}"
        told: dict[str, Any] = answer.json()
        return told

    def got(self, role: str, path: str, **query: Any) -> dict[str, Any]:
        return self.answered(self.ask(role, "GET", path, **query), 200)

    def made(self, role: str, path: str, **body: Any) -> dict[str, Any]:
        return self.answered(self.ask(role, "POST", path, body), 201)

    def items(self, role: str, path: str, **query: Any) -> list[dict[str, Any]]:
        """A whole list, page by page."""
        return list(self._pages(role, path, query))

    def _pages(self, role: str, path: str, query: Body) -> Iterator[dict[str, Any]]:
        cursor: dict[str, Any] = {}
        while True:
            page = self.got(role, path, limit=1000, **query, **cursor)
            yield from page["items"]
            if not page.get("next_cursor"):
                return
            cursor = {"cursor": page["next_cursor"]}

    def part(self, name: str) -> str:
        """The address of a part of the newcomer's box."""
        return self.system.endpoints[f"{NEWCOMER.name}.{name}"]

    def rows(self, contract: str, table: str, scope: str) -> list[dict[str, Any]]:
        """What stands on the chain, by the public reader."""
        return self.items("evu", f"{CHAIN}/reader/table/{contract}/{table}", scope=scope)

    # What is there already

    def box(self) -> dict[str, Any] | None:
        return _one(self.items("admin", f"{MANAGER}/cls-boxes"), "ip", NEWCOMER.address)

    def unit(self) -> dict[str, Any] | None:
        return _one(self.items("admin", f"{MANAGER}/units"), "mastr_nr", UNIT)

    def meter(self) -> dict[str, Any] | None:
        return _one(self.items("admin", f"{MANAGER}/grid-meters"), "serial_number", NEWCOMER.serial_number)

    def account(self) -> dict[str, Any] | None:
        return _one(self.items("admin", f"{MANAGER}/eos-accounts"), "cls_box_ip", NEWCOMER.address)

    def market_unit(self, market: str = LEM) -> dict[str, Any] | None:
        return _one(self.items("admin", f"{MANAGER}/market/units", market=market), "unit_mastr_nr", UNIT)

    # What a test case requires

    def add_box(self) -> None:
        """TC01.1 passed."""
        if self.box() is None:
            self.made("admin", f"{MANAGER}/cls-box", ip=NEWCOMER.address, name="newcomer", location="Trier, Haus 14")

    def add_unit(self) -> None:
        """TC01.2 passed."""
        self.add_box()
        if self.unit() is None:
            operator = {"marktakteur_mastr_nr": NEWCOMER.operator_nr}
            self.made("admin", f"{MANAGER}/unit", unit_mastr_nr=UNIT, cls_box_ip=NEWCOMER.address, **operator)

    def add_meter(self) -> None:
        """TC01.3 passed."""
        self.add_box()
        if self.meter() is None:
            numbers = {"serial_number": NEWCOMER.serial_number, "kwh_annum": NEWCOMER.kwh_annum}
            self.made("admin", f"{MANAGER}/grid-meter", cls_box_ip=NEWCOMER.address, **numbers)

    def add_participant(self) -> None:
        """The newcomer is known, with his box and what he consumes."""
        self.add_box()
        sub = self.users["newcomer"]["sub"]
        if _one(self.items("admin", f"{MANAGER}/participants"), "sub", sub) is None:
            values = {"betreiber_mastr_nr": NEWCOMER.operator_nr, "kwh_annum": NEWCOMER.kwh_annum}
            name = self.users["newcomer"]["username"]
            self.made("admin", f"{MANAGER}/participant", username=name, cls_box_ip=NEWCOMER.address, **values)

    def add_account(self, market: str = LEM) -> str:
        """TC01.4 passed, for this market; gives the account's name."""
        self.add_meter()
        self.add_unit()
        self.add_participant()
        known = self.account()
        if known is None or market not in known["markets"]:
            name = pseudonym() if known is None else known["account_name"]
            where = {"cls_box_ip": NEWCOMER.address, "market": market}
            known = self.made("admin", f"{MANAGER}/eos-account", account_name=name, **where)
        return str(known["account_name"])

    def add_market_unit(self, market: str = LEM) -> None:
        """TC02.1 passed, for this market."""
        self.add_account(market)
        if self.market_unit(market) is None:
            self.made("admin", f"{MANAGER}/market/unit", unit_mastr_nr=UNIT, market=market)

    def pay_in(self, role: str, market: str = LEM, eur: str = "20.00") -> None:
        """The EVU credits a payment; its owner moves it into the market."""
        sub = self.users[role]["sub"]
        self.made("evu", f"{MANAGER}/market/deposit", market=market, amount_eur=eur, participant_sub=sub)
        self.made(role, f"{MANAGER}/market/deposit", market=market, amount_eur=eur)

    def wait_for_maximum(self, slot: int, market: str = LEM) -> int:
        """How much the newcomer's unit may offer, once the oracle has recorded it on the chain."""

        def recorded() -> int | None:
            for day in {iso_day(slot), iso_day(slot - 3600 * 2), iso_day(slot + 3600 * 2)}:
                told = self.got("newcomer", f"{MANAGER}/market/day", unit_mastr_nr=UNIT, date=day, market=market)
                found = next((entry for entry in told["items"] if moment(entry["slot_start"]) == slot), None)
                if found is not None and found["max_offer_wh"]:
                    return int(found["max_offer_wh"])
            return None

        found = wait_until(recorded, 60, every=0.5, what=f"the maximum of the slot {iso(slot)} on the chain")
        assert found is not None
        return found


def _one(items: list[dict[str, Any]], name: str, value: Any) -> dict[str, Any] | None:
    return next((entry for entry in items if entry[name] == value), None)


def pseudonym() -> str:
    """A new account's name (M-PRV-01)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def iso_day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def moment(text: str) -> int:
    """Seconds since the epoch."""
    return int(datetime.fromisoformat(text).timestamp())
