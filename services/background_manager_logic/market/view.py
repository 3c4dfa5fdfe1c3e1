"""An offer as it is shown: as the irreversible blocks tell it, or as its row at the head does, whichever is further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.rows import FINAL, OfferStatus

Document = dict[str, Any]

STATUSES = ("open", "awarded", "unsold", "withdrawn", "delivered", "settled", "unfunded")
UNDECIDED = ("open", "awarded", "delivered", "unfunded")
"""Those whose row at the head may still change."""

SOLD = ("awarded", "delivered", "settled", "unfunded")
_NAMES = {
    OfferStatus.OPEN: "open",
    OfferStatus.AWARDED: "awarded",
    OfferStatus.UNSOLD: "unsold",
    OfferStatus.WITHDRAWN: "withdrawn",
    OfferStatus.SETTLED: "settled",
    OfferStatus.UNFUNDED: "unfunded",
}
_OF_ROW = ("seller", "unit", "point", "slot", "energy_wh", "start_price", "status", "closes_at", "bid_price", "bidder")
_OF_FOLD = ("bids", "transaction_id", "made_at")
_MOVING = ("status", "closes_at", "bid_price", "bidder", "balance")


def of_row(row: Mapping[str, Any], balance: Mapping[str, Any] | None = None) -> Document:
    """What counts of a row of `tbimarket.offers`, and of its row in `tbimarket.balances`."""
    kept = None if balance is None else {name: value for name, value in balance.items() if name != "offer"}
    return {**{name: row[name] for name in _OF_ROW}, "balance": kept}


def offer_view(
    market: str, number: int, slot_s: int, folded: Mapping[str, Any] | None, head: Mapping[str, Any] | None
) -> Document | None:
    """The offer as it is shown, or None when neither knows it (any more).

    `head`: `row` (see `of_row`) or None, as it was when the chain had `at` blocks.
    """
    row = None if head is None else head["row"]
    if folded is None and row is None:
        return None
    source = folded if folded is not None else row
    shown: Document = {"market": market, "offer_id": number, "slot_s": slot_s}
    shown |= {name: source[name] for name in _OF_ROW}  # type: ignore[index] # one of the two is there
    shown["balance"] = source["balance"]  # type: ignore[index] # the same
    shown |= dict.fromkeys(_OF_FOLD) if folded is None else {name: folded[name] for name in _OF_FOLD}
    if folded is not None and row is not None and head is not None and _is_further(folded, row, head["at"]):
        shown |= {name: row[name] for name in _MOVING}
    delivered = folded is not None and folded["delivered"]
    status = _NAMES[OfferStatus(shown["status"])]
    shown["status"] = "delivered" if delivered and status == "awarded" else status
    return shown


def _is_further(folded: Mapping[str, Any], row: Mapping[str, Any], at: int) -> bool:
    """Whether the row at the head knows more than the irreversible blocks."""
    return folded["status"] not in FINAL and (at >= folded["block_num"] or row["status"] in FINAL)


def change_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str | None:
    """What kind of change it is for those who follow the market; None when they see none."""
    if after is None:
        return None if before is None else "offer"
    if before is None:
        return "offer"
    if before["status"] != after["status"]:
        kinds = {"awarded": "award", "unsold": "award", "delivered": "delivery"}
        kinds |= {"settled": "settlement", "unfunded": "settlement"}
        return kinds.get(after["status"], "offer")
    if before["bid_price"] != after["bid_price"]:
        return "bid"
    return "offer" if before["closes_at"] != after["closes_at"] else None
