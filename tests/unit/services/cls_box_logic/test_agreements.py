"""Orders about passive contracts and deals: the contracts' actions, and the box's own limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from market.values import EosName, MastrNumber, Money, Price, Slot, WattHours
from services.cls_box_logic.api import parse_agreements
from services.cls_box_logic.domain.agreements import (
    Agreement,
    DealAcceptance,
    DealDrop,
    DealProposal,
    PassiveAcceptance,
    PassiveDrop,
    PassiveEnd,
    check_agreement,
)
from services.cls_box_logic.domain.orders import Limits
from services.cls_box_logic.errors import NotAllowedHere
from services.shared.chain.abi import Abi
from services.shared.web import Problem

LEM, ME, PARTNER = EosName("lem"), EosName("sellerabcde1"), EosName("buyerabcde11")
UNIT, SLOT, KEY = MastrNumber("SEE900000000119"), Slot(1_795_305_600), 2**64 - 1
LIMITS = Limits(WattHours(5000), Price(10_000), Price(500_000), Money(100_000_000))
ABI = Abi(json.loads((Path(__file__).parents[4] / "contracts/build/tbimarket.abi").read_text(encoding="utf-8")))


def acceptance(price: int = 80_000, until: int = 0) -> PassiveAcceptance:
    return PassiveAcceptance(LEM, UNIT, Price(price), SLOT, Slot(until))


def proposal(energy: int = 1000, price: int = 250_000) -> DealProposal:
    return DealProposal(LEM, UNIT, PARTNER, SLOT, WattHours(energy), Price(price), KEY)


def purchase(energy: int = 1000, price: int = 250_000) -> DealAcceptance:
    return DealAcceptance(LEM, PARTNER, 7, SLOT, WattHours(energy), Price(price), KEY)


ACTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "passaccept": (acceptance().action(ME, 7), {"owner": ME, "unit": 7, "price": 80_000, "until_slot": 0}),
    "passdrop": (PassiveDrop(LEM, UNIT).action(ME, 7), {"party": ME, "unit": 7}),
    "passend": (PassiveEnd(LEM, UNIT, SLOT, Slot(SLOT + 900)).action(ME, 7), {"party": ME, "end_slot": SLOT + 900}),
    "p2ppropose": (proposal().action(ME, 7), {"seller": ME, "buyer": PARTNER, "unit": 7, "key": KEY}),
    "p2pdrop": (DealDrop(LEM, 7, SLOT).action(ME), {"party": ME, "unit": 7, "slot": SLOT}),
    "p2paccept": (purchase().action(ME), {"buyer": ME, "seller": PARTNER, "unit": 7, "energy_wh": 1000}),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_order_becomes_the_contracts_action(name: str) -> None:
    action, wanted = ACTIONS[name]
    assert (action["account"], action["name"]) == ("tbimarket", name)
    assert set(action["data"]) == {field for field, _ in ABI.fields(name)}
    packed = ABI.unpack_action(name, ABI.pack_action(name, action["data"]))
    assert {field: int(packed[field]) if field == "key" else packed[field] for field in wanted} == wanted


@pytest.mark.parametrize(
    "order",
    [
        acceptance(price=9_999),
        acceptance(price=500_001),
        proposal(price=9_999),
        proposal(energy=5001),
        purchase(price=500_001),
        purchase(energy=5001),
    ],
)
def test_the_box_agrees_within_its_limits_only(order: Agreement) -> None:
    with pytest.raises(NotAllowedHere, match="this box"):
        check_agreement(order, {UNIT}, LIMITS)


@pytest.mark.parametrize("order", [acceptance(), PassiveDrop(LEM, UNIT), PassiveEnd(LEM, UNIT, SLOT, SLOT), proposal()])
def test_the_box_speaks_for_its_own_units_only(order: Agreement) -> None:
    check_agreement(order, {UNIT}, LIMITS)
    with pytest.raises(NotAllowedHere, match="not a unit of this box"):
        check_agreement(order, {"SEE900000000127"}, LIMITS)


def test_what_is_anothers_unit_is_bought_and_dropped_by_its_id() -> None:
    check_agreement(purchase(), set(), LIMITS)
    check_agreement(DealDrop(LEM, 7, SLOT), set(), LIMITS)


def test_an_open_end_is_no_slot() -> None:
    body = {"unit_mastr_nr": str(UNIT), "price_ct_per_kwh": "8", "from_slot": "2026-11-22T00:00:00Z"}
    for given in (body, {**body, "until_slot": None}):
        assert parse_agreements.passive_acceptance_of(given, LEM, "k") == acceptance()
    ended = parse_agreements.passive_acceptance_of({**body, "until_slot": "2026-11-23T00:00:00Z"}, LEM, "k")
    assert ended == acceptance(until=SLOT + 86_400)


def test_m_off_07_the_same_request_proposes_under_the_same_key() -> None:
    body = {"unit_mastr_nr": str(UNIT), "buyer_account": str(PARTNER), "slot_start": "2026-11-22T00:00:00Z"}
    body |= {"energy_wh": 1000, "price_ct_per_kwh": "25"}  # type: ignore[dict-item] # a body has numbers, too
    first, again, other = (parse_agreements.deal_proposal_of(body, LEM, key) for key in ("one", "one", "other"))
    assert first == again
    assert first.key != other.key
    with pytest.raises(Problem, match="key"):
        parse_agreements.deal_proposal_of({**body, "key": str(2**64)}, LEM, "one")
