"""What is stuck, in words and amounts."""

from __future__ import annotations

from typing import Any

import pytest

from services.background_manager_logic.errors import ChainRefused
from services.background_manager_logic.letters import FailedOrder
from services.background_manager_logic.service.stuck_items import (
    ID,
    STATES,
    failed_order,
    missing,
    overdue_award,
    refused,
    unfunded_settlement,
)
from services.shared.web import Text

ABOUT: dict[str, Any] = {
    "market": "lem",
    "slot_s": 900,
    "evu": "tbievu",
    "params": [{"from_slot": 0, "credit_line": 0}, {"from_slot": 9000, "credit_line": 50_000}],
    "prices": [{"from_slot": 0, "evu_buy": 80_000}],
}
OFFER: dict[str, Any] = {"market": "lem", "offer_id": 7, "point": 3, "slot": 1800, "seller": "anna", "energy_wh": 1000}
OFFER |= {"bid_price": 250_000, "closes_at": 900}


def test_what_certainly_suffices_is_the_evus_price_of_all_that_was_sold_less_money_and_credit() -> None:
    assert missing(ABOUT, OFFER, 0) == 80_000
    assert missing(ABOUT, OFFER, 30_000) == 50_000
    assert missing(ABOUT, OFFER, 90_000) == 0
    assert missing(ABOUT, {**OFFER, "slot": 9000}, 0) == 30_000, "the credit line is that of the slot"


def test_an_item_says_whose_it_is_and_what_is_at_stake() -> None:
    award = overdue_award(OFFER)
    assert (award.id, award.since, award.amount, award.account) == ("award.lem.7", 900, 250_000, "anna")
    unpaid = unfunded_settlement(ABOUT, OFFER, 0)
    assert (unpaid.id, unpaid.since, unpaid.missing, unpaid.rule) == ("settle.lem.7", 2700, 80_000, "M-LED-04")
    for item in (award, unpaid):
        assert Text("", pattern=ID).parse("item_id", item.id) == item.id


def test_a_forecast_that_failed_is_told_from_other_orders() -> None:
    letters = [
        FailedOrder("a1", [(f"tbimarket::{name}", {"market": "lem"})], 5, "no", None) for name in ("forecast", "bid")
    ]
    assert [failed_order(letter).kind for letter in letters] == ["refused_forecast", "failed_order"]


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("M-LED-04", "needs_deposit"),
        ("M-AWD-02", "done"),
        ("M-SET-06", "done"),
        ("M-SEC-01", "done"),
        ("M-SET-07", "not_yet"),
        (None, "not_yet"),
    ],
)
def test_a_refusal_tells_what_is_left_to_be_done(rule: str | None, state: str) -> None:
    found = refused(ChainRefused(rule, f"{rule}: no"), 17)
    assert found.state == state
    assert found.state in STATES
    assert found.missing == (17 if state == "needs_deposit" else None)
