"""An offer as it is shown: irreversible blocks and head, whichever is further."""

from __future__ import annotations

from typing import Any

import pytest

from services.background_manager_logic.market.view import change_of, of_row, offer_view

ROW = {
    "seller": "s",
    "unit": 1,
    "point": 2,
    "slot": 900,
    "energy_wh": 10,
    "start_price": 5,
    "status": 0,
    "closes_at": 600,
    "bid_price": 0,
    "bidder": "",
    "balance": None,
}


def folded(block_num: int, **more: Any) -> dict[str, Any]:
    told = {"bids": 0, "transaction_id": "t", "made_at": 1, "delivered": False}
    return {**ROW, **told, "block_num": block_num, **more}


def head(at: int, **more: Any) -> dict[str, Any]:
    return {"at": at, "row": {**ROW, **more}}


def shown(fold: dict[str, Any] | None, row: dict[str, Any] | None) -> dict[str, Any]:
    found = offer_view("m", 7, 900, fold, row)
    assert found is not None
    return found


def test_what_neither_knows_is_not_there() -> None:
    assert offer_view("m", 7, 900, None, None) is None
    assert offer_view("m", 7, 900, None, {"at": 3, "row": None}) is None


def test_the_head_is_shown_before_anything_is_irreversible() -> None:
    found = shown(None, head(3, bid_price=6, bidder="b"))
    assert (found["status"], found["bid_price"], found["bids"], found["transaction_id"]) == ("open", 6, None, None)


@pytest.mark.parametrize(("at", "price"), [(9, 6), (10, 8), (11, 8)])
def test_whichever_is_further_counts(at: int, price: int) -> None:
    assert shown(folded(10, bid_price=6, bidder="a"), head(at, bid_price=8, bidder="b"))["bid_price"] == price


def test_what_is_final_stays_so() -> None:
    assert shown(folded(10, status=3), head(11, status=0))["status"] == "withdrawn"
    assert shown(folded(10), head(9, status=4))["status"] == "settled"
    assert shown(folded(10, status=4), {"at": 11, "row": None})["status"] == "settled"


def test_delivered_is_awarded_with_a_reading() -> None:
    assert shown(folded(10, status=1, delivered=True), None)["status"] == "delivered"
    assert shown(folded(10, status=0, delivered=True), head(11, status=1))["status"] == "delivered"
    assert shown(folded(10, status=5, delivered=True), None)["status"] == "unfunded"


def test_a_row_is_kept_without_what_nobody_is_shown() -> None:
    assert of_row({**ROW, "client_key": 2**64 - 1, "lock": 3}) == ROW
    settled = of_row({**ROW, "status": 4}, {"offer": 7, "sold_wh": 10})
    assert settled["balance"] == {"sold_wh": 10}
    assert shown(folded(10), {"at": 11, "row": settled})["balance"] == {"sold_wh": 10}


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, {}, "offer"),
        ({}, None, "offer"),
        (None, None, None),
        ({}, {}, None),
        ({}, {"bid_price": 6}, "bid"),
        ({}, {"closes_at": 601}, "offer"),
        ({}, {"status": 1, "bid_price": 6}, "award"),
        ({}, {"status": 2}, "award"),
        ({}, {"status": 3}, "offer"),
        ({}, {"status": 4}, "settlement"),
        ({}, {"status": 5}, "settlement"),
    ],
)
def test_what_kind_of_change_it_is(before: Any, after: Any, kind: str | None) -> None:
    def of(change: Any) -> Any:
        return None if change is None else shown(folded(1, **change), None)

    assert change_of(of(before), of(after)) == kind
