"""A market of its own for a test: opened, with boxes, participants, metering points, units, and money paid in.

All scenes share one chain and its clock; each has accounts, a market name and a time of its own, so that no test sees
another's rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from tests.contracts.chain_tester import Act, ChainTester, Pushed, Refused, authority

ISSUER = "tbievu"
OPERATOR = "tbiadmin"
SLOT_S = 900
DAY_S = 86400
HORIZON_S = 7 * DAY_S
PARAMS: Mapping[str, int] = {
    "from_slot": 0,
    "lead_s": 300,
    "extend_s": 60,
    "settle_gap_s": 30,
    "deadline_s": 96 * 3600,
    "retain_s": 7 * DAY_S,
    "tick": 1000,
    "min_price": 10_000,
    "max_price": 900_000,
    "max_offers": 4,
    "max_bids": 8,
    "credit_line": 1_000_000_000,
}
PRICES: Mapping[str, int] = {"from_slot": 0, "evu_buy": 80_000, "evu_sell": 400_000}
EUR = 1_000_000
_numbers = count()


def deploy_all(chain: ChainTester) -> None:
    """Accounts and contracts as the README's Accounts section has them; each account has one key of its own."""
    for name in ("tbitoken", "tbiclsbox", "tbimarket", "tbipool", "consortium"):
        key = chain.create(name)
        sends = name in ("tbimarket", "tbiclsbox")
        chain.authorize(name, "active", authority(key, code=name if sends else None))
        chain.deploy(name)
    chain.push(Act("eosio", "setpriv", {"account": "consortium", "is_priv": 1}, ["eosio"]))
    for name in (OPERATOR, ISSUER):
        chain.create(name)
    chain.push(Act("tbitoken", "create", {"issuer": ISSUER, "maximum_supply": eur(10**17)}, ["tbitoken"]))
    chain.push(Act("tbitoken", "create", {"issuer": "tbimarket", "maximum_supply": f"{10**12} PTX"}, ["tbitoken"]))
    chain.push(Act("tbitoken", "issue", {"to": ISSUER, "quantity": eur(10**17), "memo": ""}, [ISSUER]))


def eur(units: int) -> str:
    """Units of 1e-6 EUR as an asset."""
    sign = "-" if units < 0 else ""
    return f"{sign}{abs(units) // EUR}.{abs(units) % EUR:06d} EUR"


def letters(number: int) -> str:
    """A number in the letters that a name may have."""
    text = ""
    while True:
        number, digit = divmod(number, 26)
        text = "abcdefghijklmnopqrstuvwxyz"[digit] + text
        if not number:
            return text


def hash_of(text: str) -> str:
    """As a salted hash of a number stands on the chain."""
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """What happens inside is refused by this rule of a contract's."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.rule == rule, caught.value


@dataclass
class Scene:
    """A market on the chain. `slot` is the first slot that may be traded an hour from the opening on."""

    chain: ChainTester
    slot_s: int = SLOT_S
    params: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)
    until: int = 0
    evu: str = ISSUER

    def __post_init__(self) -> None:
        self.tag = letters(next(_numbers))
        self.market = f"m{self.tag}"
        self.chain.produce((int(self.chain.now()) // DAY_S + 1) * DAY_S)
        self.opened_at = int(self.chain.now())
        self.slot = self.opened_at + 4 * self.slot_s
        self.params = {**PARAMS, **self.params}
        self.prices = {**PRICES, **self.prices}
        self.keys: dict[str, str] = {}
        self.points = 0
        self.units = 0
        self.market_does(
            "openmarket",
            by="tbimarket",
            slot_s=self.slot_s,
            horizon_s=HORIZON_S,
            until=self.until,
            operator=OPERATOR,
            evu=self.evu,
            params=self.params,
            prices=self.prices,
        )

    # actions

    def does(self, contract: str, action: str, by: str, **data: Any) -> Pushed:
        """One action of this market's, signed by the account `by`."""
        return self.chain.push(Act(contract, action, {"market": self.market, **data}, [by] if by else []))

    def market_does(self, action: str, by: str, **data: Any) -> Pushed:
        return self.does("tbimarket", action, by, **data)

    def registry_does(self, action: str, by: str = OPERATOR, **data: Any) -> Pushed:
        return self.does("tbiclsbox", action, by, **data)

    # accounts

    def name(self, short: str) -> str:
        """The account that a test calls by a short name."""
        return f"{short}{self.tag}"

    def account(self, short: str, kind: str = "K1") -> str:
        """Makes an account; its key is then in `keys`."""
        name = self.name(short)
        self.keys[name] = self.chain.create(name, kind)
        return name

    def box(self, short: str, kind: str = "R1") -> str:
        """Makes an account and registers it as a box."""
        name = self.account(short, kind)
        self.registry_does("regbox", box=name, key=self.keys[name])
        return name

    def participant(self, short: str, units: int = 0, money: int = 0, group: str = "groupa") -> str:
        """An account that is a box, too, with one metering point, units and money. `points`, `units`: ids so far."""
        name = self.box(short)
        self.point(name, units=units, group=group)
        if money:
            self.pay_in(name, money)
        return name

    def point(self, account: str, units: int = 0, group: str = "groupa", box: str = "") -> int:
        """A metering point; gives its id."""
        self.points += 1
        hashed = hash_of(f"point {self.market} {self.points}")
        self.registry_does("regpoint", account=account, box=box or account, group=group, hash=hashed)
        for _ in range(units):
            self.units += 1
            self.registry_does("regunit", point=self.points, hash=hash_of(f"unit {self.market} {self.units}"))
        return self.points

    def give(self, account: str, money: int) -> None:
        """Tokens from the issuer."""
        self.send(ISSUER, account, money)

    def send(self, sender: str, to: str, money: int, memo: str = "") -> Pushed:
        data = {"from": sender, "to": to, "quantity": eur(money), "memo": memo}
        return self.chain.push(Act("tbitoken", "transfer", data, [sender]))

    def pay_in(self, account: str, money: int) -> None:
        if account != ISSUER:
            self.give(account, money)
        self.send(account, "tbimarket", money, self.market)

    # trading

    def at(self, moment: float) -> None:
        """Goes on to this time."""
        if moment > self.chain.now():
            self.chain.produce(moment)

    def forecast(self, *points: Mapping[str, Any], slot: int = 0) -> Pushed:
        """By the operator, for `slot` (default: the scene's)."""
        return self.market_does("forecast", by=OPERATOR, slot=slot or self.slot, points=list(points))

    def offer(self, seller: str, unit: int = 1, energy: int = 1000, price: int = 200_000, **other: int) -> int:
        """Places an offer; gives its id."""
        offer = int(
            self.rows("tbimarket", "markets", scope="tbimarket", lower=self.market, upper=self.market)[0]["next_offer"]
        )
        self.market_does(
            "offer",
            by=seller,
            seller=seller,
            unit=unit,
            slot=other.get("slot", self.slot),
            energy_wh=energy,
            start_price=price,
            key=other.get("key", offer),
        )
        return offer

    def bid(self, bidder: str, offer: int, price: int) -> Pushed:
        return self.market_does("bid", by=bidder, bidder=bidder, offer=offer, price=price)

    def award(self, offer: int) -> Pushed:
        return self.market_does("award", by=OPERATOR, offer=offer)

    def deliver(self, box: str, *readings: Mapping[str, Any], slot: int = 0) -> Pushed:
        return self.market_does("deliver", by=box, box=box, slot=slot or self.slot, readings=list(readings))

    def settle(self, offer: int) -> Pushed:
        return self.market_does("settle", by=OPERATOR, offer=offer)

    def sweep(self, point: int, slot: int = 0) -> Pushed:
        return self.market_does("sweep", by=OPERATOR, slot=slot or self.slot, point=point)

    @property
    def gate(self) -> int:
        return self.slot - self.params["lead_s"]

    @property
    def end(self) -> int:
        return self.slot + self.slot_s

    @property
    def deadline(self) -> int:
        return self.end + self.params["deadline_s"]

    # tables

    def rows(self, contract: str, table: str, scope: str = "", **query: Any) -> list[dict[str, Any]]:
        return self.chain.rows(contract, scope or self.market, table, **query)

    def row(self, table: str, key: Any, contract: str = "tbimarket", scope: str = "") -> dict[str, Any]:
        """The row whose first column is `key`."""
        return next(row for row in self.rows(contract, table, scope) if next(iter(row.values())) == key)

    def money(self, owner: str) -> tuple[int, int]:
        """What an account has available and locked."""
        rows = [row for row in self.rows("tbimarket", "ledger") if row["owner"] == owner]
        return (rows[0]["available"], rows[0]["locked"]) if rows else (0, 0)

    def held(self) -> int:
        """All that the market owes to its accounts."""
        return sum(row["available"] + row["locked"] for row in self.rows("tbimarket", "ledger"))


def line(point: int, *units: tuple[int, int, int], consumption: int = 0) -> dict[str, Any]:
    """A point's part of a forecast; a unit is (id, generation, maximum)."""
    return {
        "point": point,
        "consumption_wh": consumption,
        "units": [{"unit": unit, "generation_wh": made, "max_wh": most} for unit, made, most in units],
    }


def reading(point: int, fed_in: int = 0, consumed: int = 0, *units: tuple[int, int]) -> dict[str, Any]:
    """A point's reading; a unit is (id, production)."""
    return {
        "point": point,
        "fed_in_wh": fed_in,
        "consumed_wh": consumed,
        "units": [{"unit": unit, "produced_wh": produced} for unit, produced in units],
    }
