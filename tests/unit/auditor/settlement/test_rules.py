"""What the rules make of proven actions: each wrong amount is refused by its rule, each right one is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auditor.settlement.errors import Invalid
from auditor.settlement.evidence import Proven
from auditor.settlement.facts import Claim, Facts, Point
from auditor.settlement.layouts import BOXES, MARKET
from auditor.settlement.rules import check_all
from auditor.settlement.statement import statement

SLOT_S, SLOT, DEADLINE_S = 900, 1_800_000_000, 3600
EVU, SELLER, BUYER = "tbievu", "seller", "buyer"
PRICES = {"from_slot": 0, "evu_buy": 80_000, "evu_sell": 320_000}
PRICE = 200_000


class SignedByAnyone:
    """In place of a transaction: whose signature it carries is another test's question (test_verify.py)."""

    def is_signed_by(self, _key: str) -> bool:
        return True


class Ledger:
    """Actions as they would stand in a file, each after the one before it."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.actions: list[Proven] = []
        self.offers: dict[int, int] = {}
        opening = {"slot_s": SLOT_S, "horizon_s": 0, "until": 0, "operator": "tbiadmin", "evu": EVU}
        self.add("openmarket", MARKET, **opening, prices=PRICES, params={"from_slot": 0, "deadline_s": DEADLINE_S})
        self.add("regbox", "tbiadmin", BOXES, box=account, key="a key")
        self.add("regpoint", "tbiadmin", BOXES, account=account, box=account, group="g", hash="")

    def add(self, name: str, by: str, contract: str = MARKET, *, at: int = SLOT, **fields: Any) -> int:
        sequence = len(self.actions) + 1
        fields = {"market": "lem", **fields}
        transaction: Any = SignedByAnyone()
        self.actions.append(Proven(1, at, sequence, contract, name, frozenset({by}), fields, transaction))
        return sequence

    def sold(self, number: int, energy_wh: int, unit: int = 1, price: int = PRICE) -> None:
        """Offered, bid for, awarded."""
        offer = {"seller": SELLER, "unit": unit, "slot": SLOT, "energy_wh": energy_wh, "start_price": 1, "key": number}
        self.offers[number] = self.add("offer", SELLER, **offer)
        self.add("bid", BUYER, bidder=BUYER, offer=number, price=price)
        self.add("logaward", MARKET, offer=number, status=1, buyer=BUYER, price=price)

    def delivers(self, fed_in_wh: int, consumed_wh: int, at: int = SLOT + SLOT_S, **produced: int) -> None:
        units = [{"unit": int(unit[1:]), "produced_wh": wh} for unit, wh in produced.items()]
        reading = {"point": 1, "fed_in_wh": fed_in_wh, "consumed_wh": consumed_wh, "units": units}
        self.add("deliver", self.account, at=at, box=self.account, slot=SLOT, readings=[reading])

    def settled(self, number: int, sold: int, delivered: int, consumed: int, **changes: int) -> None:
        """The row that the rules give, with `changes`."""
        short = sold - delivered
        row = {
            **{"offer": number, "seller": SELLER, "buyer": BUYER, "slot": SLOT, "price": PRICE, "sold_wh": sold},
            **{"delivered_wh": delivered, "produced_wh": 0, "consumed_wh": consumed},
            **{"difference_wh": delivered - consumed, "to_seller": delivered * PRICE // 1000},
            **{"shortfall": short * PRICE // 1000, "penalty": short * (PRICES["evu_sell"] - PRICE) // 1000},
            **{"surplus": (sold - consumed) * PRICES["evu_buy"] // 1000, "settled_at": SLOT + SLOT_S},
            **changes,
        }
        self.add("logsettle", MARKET, balance=row)

    def swept(self, energy_wh: int, amount: int) -> None:
        self.add("logsweep", MARKET, slot=SLOT, point=1, energy_wh=energy_wh, amount=amount)

    def facts(self, units: tuple[int, ...] = (1, 2)) -> Facts:
        claim = Claim("lem", self.account, SLOT, SLOT + SLOT_S, (Point(1, units, SLOT),), self.offers)
        return Facts(claim, self.actions)

    def check(self) -> dict[str, Any]:
        facts = self.facts()
        check_all(facts)
        return statement(facts)


def test_m_set_01_feed_in_covers_a_units_offers_in_the_order_of_their_numbers() -> None:
    ledger = Ledger(SELLER)
    for number in (1, 2):
        ledger.sold(number, 1000)
    ledger.delivers(1500, 0, u1=1500)
    ledger.settled(1, 1000, 1000, 1000, produced_wh=1500)
    ledger.settled(2, 1000, 500, 1000, produced_wh=1500)
    ledger.swept(0, 0)
    assert ledger.check()["totals"]["sold_eur"] == "0.240000"


def test_m_set_01_another_split_between_the_offers_is_wrong() -> None:
    ledger = Ledger(SELLER)
    for number in (1, 2):
        ledger.sold(number, 1000)
    ledger.delivers(1500, 0, u1=1500)
    ledger.settled(1, 1000, 750, 1000, produced_wh=1500)
    ledger.settled(2, 1000, 750, 1000, produced_wh=1500)
    with pytest.raises(Invalid, match="M-SET-01: offer 1: 1000 Wh were delivered, not 750"):
        ledger.check()


def test_m_set_04_without_a_reading_nothing_was_delivered() -> None:
    ledger = Ledger(SELLER)
    ledger.sold(1, 1000)
    ledger.settled(1, 1000, 0, 1000)
    assert ledger.check()["sold"][0]["net_eur"] == "-0.120000"


def test_m_del_04_a_reading_after_the_deadline_does_not_settle() -> None:
    ledger = Ledger(SELLER)
    ledger.sold(1, 1000)
    ledger.delivers(1000, 0, at=SLOT + SLOT_S + DEADLINE_S + 1, u1=1000)
    ledger.settled(1, 1000, 1000, 1000, produced_wh=1000)
    with pytest.raises(Invalid, match="M-SET-05"):
        ledger.check()


def test_m_set_03_consumption_covers_what_was_bought_in_the_order_of_offers() -> None:
    ledger = Ledger(BUYER)
    for number in (1, 2):
        ledger.sold(number, 1000)
    ledger.delivers(0, 1300)
    ledger.settled(1, 1000, 1000, 1000)
    ledger.settled(2, 1000, 1000, 300)
    assert [line["received_for_unused_eur"] for line in ledger.check()["bought"]] == ["0.000000", "0.056000"]
    ledger.actions.pop()
    ledger.settled(2, 1000, 1000, 400)
    with pytest.raises(Invalid, match="M-SET-03: offer 2: 300 Wh were consumed, not 400"):
        ledger.check()


@pytest.mark.parametrize("field", ["to_seller", "shortfall", "penalty", "surplus"])
def test_m_set_02_a_unit_of_money_more_is_wrong(field: str) -> None:
    ledger = Ledger(SELLER)
    ledger.sold(1, 1000)
    ledger.delivers(700, 0, u1=700)
    right: dict[str, int] = {"to_seller": 140_000, "shortfall": 60_000, "penalty": 36_000, "surplus": 0}
    ledger.settled(1, 1000, 700, 1000, produced_wh=700, **{field: right[field] + 1})
    with pytest.raises(Invalid, match="M-SET-02"):
        ledger.check()


def test_prices_are_those_in_force_for_the_slot_when_it_was_settled() -> None:
    ledger = Ledger(BUYER)
    ledger.add("setprices", MARKET, prices={"from_slot": SLOT, "evu_buy": 90_000, "evu_sell": 320_000})
    ledger.add("setprices", MARKET, prices={"from_slot": SLOT + SLOT_S, "evu_buy": 10_000, "evu_sell": 320_000})
    ledger.sold(1, 1000)
    ledger.delivers(0, 0)
    ledger.settled(1, 1000, 1000, 0, surplus=90_000)
    assert ledger.check()["bought"][0]["evu_buy_ct_per_kwh"] == "9.0000"


def test_m_sec_01_what_no_offer_took_is_paid_by_the_evu() -> None:
    ledger = Ledger(SELLER)
    ledger.sold(1, 400)
    ledger.delivers(1000, 0, u1=600, u2=400)
    ledger.settled(1, 400, 400, 400, produced_wh=600)
    ledger.swept(600, 48_000)
    assert ledger.check()["surplus"][0]["net_eur"] == "0.048000"
    ledger.actions.pop()
    ledger.swept(600, 48_001)
    with pytest.raises(Invalid, match="M-SEC-01"):
        ledger.check()


def passive(ledger: Ledger, start: int, until: int, price: int) -> None:
    ledger.add("passaccept", SELLER, owner=SELLER, unit=2, price=price, from_slot=start, until_slot=until)


def test_m_pas_01_a_passive_units_share_has_its_contracts_price() -> None:
    ledger = Ledger(SELLER)
    passive(ledger, SLOT - 2 * SLOT_S, SLOT, 10_000)
    passive(ledger, SLOT, 0, 100_000)
    ledger.delivers(1000, 0, u1=600, u2=400)
    ledger.swept(1000, 600 * 80 + 400 * 100)
    assert ledger.check()["totals"]["surplus_eur"] == "0.088000"


def test_m_pas_05_a_contract_that_was_ended_pays_no_more() -> None:
    ledger = Ledger(SELLER)
    passive(ledger, SLOT - 2 * SLOT_S, 0, 100_000)
    end = {"unit": 2, "from_slot": SLOT - 2 * SLOT_S, "end_slot": SLOT}
    ledger.add("passend", EVU, party=EVU, **end)
    ledger.delivers(1000, 0, u1=600, u2=400)
    ledger.swept(1000, 1000 * 80)
    assert ledger.check()["totals"]["surplus_eur"] == "0.080000"


def _without_bid(ledger: Ledger) -> None:
    ledger.actions = [action for action in ledger.actions if action.name != "bid"]


def _at_another_price(ledger: Ledger) -> None:
    for number, action in enumerate(ledger.actions):
        if action.name == "logaward":
            ledger.actions[number] = _changed(action, price=PRICE - 1)


def _twice(ledger: Ledger) -> None:
    ledger.add("logaward", MARKET, offer=1, status=1, buyer=BUYER, price=PRICE)


def _by_another(ledger: Ledger) -> None:
    [number] = [number for number, action in enumerate(ledger.actions) if action.name == "bid"]
    old = ledger.actions[number]
    ledger.actions[number] = Proven(
        old.block, old.time, old.sequence, old.contract, old.name, frozenset({SELLER}), old.fields, old.transaction
    )


def _read_twice(ledger: Ledger) -> None:
    ledger.delivers(1000, 0, u1=1000)


def _not_made(ledger: Ledger) -> None:
    ledger.offers[1] = 1


def _changed(action: Proven, **fields: Any) -> Proven:
    return Proven(
        action.block,
        action.time,
        action.sequence,
        action.contract,
        action.name,
        action.actors,
        {**action.fields, **fields},
        action.transaction,
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_without_bid, "M-AWD-01"),
        (_at_another_price, "M-AWD-01"),
        (_twice, "M-AWD-02"),
        (_by_another, "M-BID-07"),
        (_read_twice, "M-DEL-02"),
        (_not_made, "no action of its own"),
    ],
)
def test_actions_that_contradict_each_other_are_found(change: Callable[[Ledger], None], rule: str) -> None:
    ledger = Ledger(SELLER)
    ledger.sold(1, 1000)
    ledger.delivers(1000, 0, u1=1000)
    ledger.settled(1, 1000, 1000, 1000, produced_wh=1000)
    ledger.check()
    change(ledger)
    with pytest.raises(Invalid, match=rule):
        ledger.check()
