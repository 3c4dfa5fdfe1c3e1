"""Forecasts, offers, bids, awards."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from market.rows import OfferStatus
from market.values import amount
from services.background_manager_logic.market.documents import (
    Action,
    bid_document,
    bid_key,
    gate_of,
    of_slot,
    point_key,
)
from services.background_manager_logic.market.fold.common import count, lock, no_figures, pend


def _forecast(action: Action) -> None:
    for told in action.told["points"]:
        row = action.slot(int(action.told["slot"]), int(told["point"]))
        row["forecast_consumption_wh"] = told["consumption_wh"]
        said = {str(unit["unit"]): unit for unit in told["units"]}
        for unit in {*row["units"], *said}:
            figures = said.get(unit, {"generation_wh": None, "max_wh": None})
            old = row["units"].get(unit) or no_figures()
            row["units"][unit] = old | {"forecast_wh": figures["generation_wh"], "max_wh": figures["max_wh"]}
        action.keep_slot(row)


def _offer(action: Action) -> None:
    place(action, int(action.told["start_price"]))


def place(action: Action, price: int) -> None:
    """An offer of what the action tells, at this price; its id is the next one."""
    market, told = action.market_doc(), action.told
    unit = action.docs.get("units", point_key(action.market, int(told["unit"])))
    if market is None or unit is None:
        return
    market["offers"] += 1
    action.docs.put("markets", action.market, market)
    slot, energy = int(told["slot"]), int(told["energy_wh"])
    held = amount(energy, max(0, int(of_slot(market["prices"], slot)["evu_sell"]) - price))
    offer = {"market": action.market, "offer_id": market["offers"], "seller": told["seller"], "unit": told["unit"]}
    offer |= {"point": unit["point"], "slot": slot, "slot_s": market["slot_s"], "energy_wh": energy}
    offer |= {"start_price": price, "lock": held, "status": int(OfferStatus.OPEN), "closes_at": gate_of(market, slot)}
    offer |= {"bid_price": 0, "bidder": "", "bids": 0, "delivered": False, "balance": None}
    offer |= {"made_at": action.at, "transaction_id": action.transaction_id}
    action.keep_offer(offer)
    row = action.slot(slot, unit["point"])
    row["offers"] = [*row["offers"], offer["offer_id"]]
    count(action, row, offer, "offered_wh", energy)
    pend(action, offer, 1)
    lock(action, offer, offer["seller"], "offer", held)


def _retract(action: Action) -> None:
    offer = action.offer(int(action.told["offer"]))
    if offer is None:
        return
    offer["status"] = int(OfferStatus.WITHDRAWN)
    action.keep_offer(offer)
    row = action.slot(offer["slot"], offer["point"])
    count(action, row, offer, "offered_wh", -offer["energy_wh"])
    pend(action, offer, -1)
    lock(action, offer, offer["seller"], "released", -offer["lock"])


def _bid(action: Action) -> None:
    market, offer = action.market_doc(), action.offer(int(action.told["offer"]))
    if market is None or offer is None:
        return
    bidder, price, before = str(action.told["bidder"]), int(action.told["price"]), offer["bidder"]
    if before:
        kind = "bid" if before == bidder else "released"
        lock(action, offer, before, kind, -amount(offer["energy_wh"], offer["bid_price"]))
    lock(action, offer, bidder, "bid", amount(offer["energy_wh"], price))
    params = of_slot(market["params"], offer["slot"])
    if action.at > offer["closes_at"] - params["extend_s"]:  # M-BID-05
        latest = min(action.at + params["extend_s"], offer["slot"] - params["settle_gap_s"])
        offer["closes_at"] = max(offer["closes_at"], latest)
    offer |= {"bidder": bidder, "bid_price": price, "bids": offer["bids"] + 1}
    action.keep_offer(offer)
    action.docs.put(
        "bids",
        bid_key(action.transaction_id, offer["offer_id"], price),
        bid_document(offer["market"], offer["offer_id"], bidder, price, action.at)
        | {"transaction_id": action.transaction_id, "block_num": action.block_num, "confirmed": True},
    )


def _award(action: Action) -> None:
    """`logaward`: how an offer was decided, or that it could not be paid (M-LED-04)."""
    offer = action.offer(int(action.told["offer"]))
    if offer is None:
        return
    offer["status"] = int(action.told["status"])
    action.keep_offer(offer)
    if offer["status"] == OfferStatus.AWARDED:
        row = action.slot(offer["slot"], offer["point"])
        count(action, row, offer, "sold_wh", offer["energy_wh"])
    elif offer["status"] == OfferStatus.UNSOLD:
        pend(action, offer, -1)
        lock(action, offer, offer["seller"], "released", -offer["lock"])


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbimarket.forecast": _forecast,
    "tbimarket.offer": _offer,
    "tbimarket.retract": _retract,
    "tbimarket.bid": _bid,
    "tbimarket.logaward": _award,
}
