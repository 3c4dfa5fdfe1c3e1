"""One irreversible action of the market's contracts, folded into documents. No database, no clock, no chance.

The rules are those of contracts/README.md: what is in the feed took effect, so nothing is checked here, only followed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from market.rows import OfferStatus
from market.values import Money, amount
from services.background_manager_logic.market.documents import (
    Action,
    Data,
    Document,
    Documents,
    Item,
    bid_key,
    point_key,
)

MARKET_CONTRACT = "tbimarket"
ANY_MARKET = ""
"""The market of money that lies in a wallet."""


def fold(item: Item, docs: Documents) -> None:
    """Take one action in. Actions of markets whose opening is not in the feed count for nothing."""
    step = _STEPS.get(item.kind)
    if step is None:
        return
    told = item.data["data"]
    if not isinstance(told, Mapping):  # the connector could not decode it: it fits no contract of today
        return
    step(Action(item, told, docs))


def _of_slot(rows: list[Document], slot: int) -> Document:
    """The parameters (prices) that hold for a slot."""
    return max((row for row in rows if row["from_slot"] <= slot), key=lambda row: int(row["from_slot"]))


def _open_market(action: Action) -> None:
    told = action.told
    market = {name: told[name] for name in ("market", "slot_s", "horizon_s", "until", "evu")}
    market |= {"params": [{**told["params"], "from_slot": 0}], "prices": [{**told["prices"], "from_slot": 0}]}
    action.docs.put("markets", action.market, market | {"opened_at": action.at, "offers": 0, "points": 0, "units": 0})


def _set(name: str) -> Callable[[Action], None]:
    def step(action: Action) -> None:
        market = action.market_doc()
        if market is not None:
            new = dict(action.told[name])
            others = [row for row in market[name] if row["from_slot"] != new["from_slot"]]
            market[name] = sorted([*others, new], key=lambda row: int(row["from_slot"]))
            action.docs.put("markets", action.market, market)

    return step


def _register_point(action: Action) -> None:
    market = action.market_doc()
    if market is None:
        return
    market["points"] += 1
    action.docs.put("markets", action.market, market)
    point = {name: action.told[name] for name in ("market", "account", "box", "group", "hash")}
    point |= {"point": market["points"], "since": action.at, "units": []}
    action.docs.put("points", point_key(action.market, market["points"]), point)


def _register_unit(action: Action) -> None:
    market = action.market_doc()
    if market is None:
        return
    market["units"] += 1
    action.docs.put("markets", action.market, market)
    unit = {name: action.told[name] for name in ("market", "point", "hash")}
    unit |= {"unit": market["units"], "since": action.at}
    action.docs.put("units", point_key(action.market, market["units"]), unit)
    key = point_key(action.market, int(unit["point"]))
    point = action.docs.get("points", key)
    if point is not None:
        action.docs.put("points", key, point | {"units": [*point["units"], unit["unit"]]})


def _forecast(action: Action) -> None:
    for told in action.told["points"]:
        row = action.slot(int(action.told["slot"]), int(told["point"]))
        row["forecast_consumption_wh"] = told["consumption_wh"]
        said = {str(unit["unit"]): unit for unit in told["units"]}
        for unit in {*row["units"], *said}:
            figures = said.get(unit, {"generation_wh": None, "max_wh": None})
            old = row["units"].get(unit) or _no_figures()
            row["units"][unit] = old | {"forecast_wh": figures["generation_wh"], "max_wh": figures["max_wh"]}
        action.keep_slot(row)


def _no_figures() -> Document:
    return {"forecast_wh": None, "max_wh": None, "offered_wh": 0, "sold_wh": 0, "delivered_wh": 0, "produced_wh": None}


def _offer(action: Action) -> None:
    _place(action, int(action.told["start_price"]))


def _place(action: Action, price: int) -> None:
    market, told = action.market_doc(), action.told
    unit = action.docs.get("units", point_key(action.market, int(told["unit"])))
    if market is None or unit is None:
        return
    market["offers"] += 1
    action.docs.put("markets", action.market, market)
    slot, energy = int(told["slot"]), int(told["energy_wh"])
    lock = amount(energy, max(0, int(_of_slot(market["prices"], slot)["evu_sell"]) - price))
    closes_at = slot - int(_of_slot(market["params"], slot)["lead_s"])
    offer = {"market": action.market, "offer_id": market["offers"], "seller": told["seller"], "unit": told["unit"]}
    offer |= {"point": unit["point"], "slot": slot, "slot_s": market["slot_s"], "energy_wh": energy}
    offer |= {"start_price": price, "lock": lock, "status": int(OfferStatus.OPEN), "closes_at": closes_at}
    offer |= {"bid_price": 0, "bidder": "", "bids": 0, "delivered": False, "balance": None}
    offer |= {"made_at": action.at, "transaction_id": action.transaction_id}
    action.keep_offer(offer)
    row = action.slot(slot, unit["point"])
    row["offers"] = [*row["offers"], offer["offer_id"]]
    _count(action, row, offer, "offered_wh", energy)
    _pend(action, offer, 1)
    _lock(action, offer, offer["seller"], "offer", lock)


def _pend(action: Action, offer: Document, more: int) -> None:
    """How many offers of the slot are not final, in the seller's group."""
    point = action.docs.get("points", point_key(offer["market"], offer["point"]))
    if point is not None:
        _pool(action, offer["slot"], str(point["group"]), pending_offers=more)


def _count(action: Action, row: Document, offer: Document, name: str, energy: int) -> None:
    unit = row["units"].get(str(offer["unit"])) or _no_figures()
    row["units"][str(offer["unit"])] = unit | {name: unit[name] + energy}
    action.keep_slot(row)


def _lock(action: Action, offer: Document, account: str, kind: str, locked: int) -> None:
    """Money that becomes locked; less than 0: that is free again."""
    if locked:
        action.money(offer["market"], account, kind, available=-locked, locked=locked, **_about(offer))


def _about(offer: Document) -> Document:
    return {"offer_id": offer["offer_id"], "slot": offer["slot"]}


def _retract(action: Action) -> None:
    offer = action.offer(int(action.told["offer"]))
    if offer is None:
        return
    offer["status"] = int(OfferStatus.WITHDRAWN)
    action.keep_offer(offer)
    row = action.slot(offer["slot"], offer["point"])
    _count(action, row, offer, "offered_wh", -offer["energy_wh"])
    _pend(action, offer, -1)
    _lock(action, offer, offer["seller"], "released", -offer["lock"])


def _bid(action: Action) -> None:
    market, offer = action.market_doc(), action.offer(int(action.told["offer"]))
    if market is None or offer is None:
        return
    bidder, price, before = str(action.told["bidder"]), int(action.told["price"]), offer["bidder"]
    if before:
        kind = "bid" if before == bidder else "released"
        _lock(action, offer, before, kind, -amount(offer["energy_wh"], offer["bid_price"]))
    _lock(action, offer, bidder, "bid", amount(offer["energy_wh"], price))
    params = _of_slot(market["params"], offer["slot"])
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


def bid_document(market: str, offer: int, bidder: str, price: int, at: int) -> Document:
    return {"market": market, "offer_id": offer, "bidder": bidder, "price": price, "at": at}


def _agree(action: Action) -> None:
    """A peer-to-peer deal (M-P2P-01): an offer that is sold at once; `logaward` follows."""
    told = action.told
    _place(action, int(told["price"]))
    market = action.market_doc()
    offer = None if market is None else action.offer(int(market["offers"]))
    if offer is None:
        return
    _lock(action, offer, str(told["buyer"]), "bid", amount(offer["energy_wh"], int(told["price"])))
    offer |= {"bidder": told["buyer"], "bid_price": told["price"]}
    action.keep_offer(offer)


def _award(action: Action) -> None:
    """`logaward`: how an offer was decided, or that it could not be paid (M-LED-04)."""
    offer = action.offer(int(action.told["offer"]))
    if offer is None:
        return
    offer["status"] = int(action.told["status"])
    action.keep_offer(offer)
    if offer["status"] == OfferStatus.AWARDED:
        row = action.slot(offer["slot"], offer["point"])
        _count(action, row, offer, "sold_wh", offer["energy_wh"])
    elif offer["status"] == OfferStatus.UNSOLD:
        _pend(action, offer, -1)
        _lock(action, offer, offer["seller"], "released", -offer["lock"])


def _settle(action: Action) -> None:
    balance = dict(action.told["balance"])
    market, offer = action.market_doc(), action.offer(int(balance.pop("offer")))
    if market is None or offer is None:
        return
    offer |= {"status": int(OfferStatus.SETTLED), "balance": balance}
    action.keep_offer(offer)
    row = action.slot(offer["slot"], offer["point"])
    _count(action, row, offer, "delivered_wh", balance["delivered_wh"])
    _pend(action, offer, -1)
    paid = amount(balance["sold_wh"], balance["price"])
    to_seller, shortfall, penalty, surplus = (balance[n] for n in ("to_seller", "shortfall", "penalty", "surplus"))
    about, kind = _about(offer), "settlement"
    buyer = paid - to_seller - shortfall + surplus
    action.money(offer["market"], balance["buyer"], kind, available=buyer, locked=-paid, **about)
    seller = offer["lock"] - penalty + to_seller
    action.money(offer["market"], offer["seller"], kind, available=seller, locked=-offer["lock"], **about)
    action.money(offer["market"], market["evu"], kind, available=shortfall + penalty - surplus, **about)


def _sweep(action: Action) -> None:
    market, slot, number = action.market_doc(), int(action.told["slot"]), int(action.told["point"])
    point = action.docs.get("points", point_key(action.market, number))
    if market is None or point is None:
        return
    energy, money = int(action.told["energy_wh"]), int(action.told["amount"])
    row = action.slot(slot, number)
    action.keep_slot(row | {"surplus_wh": energy, "surplus": money})
    if money:
        action.money(action.market, point["account"], "surplus", available=money, slot=slot, energy_wh=energy)
        action.money(action.market, market["evu"], "surplus", available=-money, slot=slot, energy_wh=energy)


def _deliver(action: Action) -> None:
    market, slot = action.market_doc(), int(action.told["slot"])
    if market is None:
        return
    end = slot + int(market["slot_s"])
    deadline = end + int(_of_slot(market["params"], slot)["deadline_s"])
    status = "on_time" if action.at <= end + market["slot_s"] else "late" if action.at <= deadline else "record_only"
    for reading in action.told["readings"]:
        _take_reading(action, slot, reading, status)


def _take_reading(action: Action, slot: int, reading: Data, status: str) -> None:
    row = action.slot(slot, int(reading["point"]))
    row |= {"fed_in_wh": reading["fed_in_wh"], "consumed_wh": reading["consumed_wh"], "reading": status}
    point = action.docs.get("points", point_key(action.market, int(reading["point"])))
    # units that a reading leaves out produced nothing (M-DEL-06)
    produced = {str(unit): 0 for unit in (point or {"units": []})["units"]}
    produced |= {str(unit["unit"]): int(unit["produced_wh"]) for unit in reading["units"]}
    for unit, energy in produced.items():
        row["units"][unit] = (row["units"].get(unit) or _no_figures()) | {"produced_wh": energy}
    action.keep_slot(row | {"delivered_at": action.at})
    for number in row["offers"] if status != "record_only" else ():
        offer = action.offer(number)
        if offer is not None:
            offer["delivered"] = True
            action.keep_offer(offer)
    if status != "record_only" and point is not None:
        _pool(action, slot, str(point["group"]), produced_wh=sum(produced.values()), measured_points=1)


def _pool(action: Action, slot: int, group: str, **more: int) -> None:
    key = f"{action.market}:{slot:010d}:{group}"
    names = ("forecast_generation_wh", "forecast_consumption_wh", "fed_in_wh", "consumed_wh", "produced_wh")
    fresh = dict.fromkeys((*names, "traded_wh", "measured_points", "pending_offers"), 0)
    figures = action.docs.get("pool", key) or {"market": action.market, "slot": slot, "group": group, **fresh}
    for name, value in more.items():
        figures[name] += value
    action.docs.put("pool", key, figures)


def _add_to_pool(*names: tuple[str, str]) -> Callable[[Action], None]:
    """`names`: a figure's name here and in the action."""

    def step(action: Action) -> None:
        more = {ours: int(action.told[theirs]) for ours, theirs in names}
        _pool(action, int(action.told["slot"]), str(action.told["group"]), **more)

    return step


def _issue(action: Action) -> None:
    if (money := _euro(action)) is not None:
        action.money(ANY_MARKET, str(action.told["to"]), "issued", wallet=money)


def _retire(action: Action) -> None:
    """By the issuer's authority alone (M-TOK-01), so he is whose money it was."""
    if (money := _euro(action)) is not None:
        action.money(ANY_MARKET, action.signed_by, "retired", wallet=-money)


def _transfer(action: Action) -> None:
    money = _euro(action)
    if money is None:
        return
    sender, receiver, memo = (str(action.told[name]) for name in ("from", "to", "memo"))
    if receiver == MARKET_CONTRACT:
        action.money(memo, sender, "deposit", available=money, wallet=-money)
    elif sender == MARKET_CONTRACT:
        action.money(memo, receiver, "withdrawal", available=-money, wallet=money)
    else:
        action.money(ANY_MARKET, sender, "sent", wallet=-money, other=receiver)
        action.money(ANY_MARKET, receiver, "received", wallet=money, other=sender)


def _euro(action: Action) -> int | None:
    quantity = str(action.told["quantity"])
    return int(Money.from_asset(quantity)) if quantity.endswith(" EUR") else None


_STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbimarket.openmarket": _open_market,
    "tbimarket.setparams": _set("params"),
    "tbimarket.setprices": _set("prices"),
    "tbimarket.forecast": _forecast,
    "tbimarket.offer": _offer,
    "tbimarket.retract": _retract,
    "tbimarket.bid": _bid,
    "tbimarket.p2paccept": _agree,
    "tbimarket.logaward": _award,
    "tbimarket.logsettle": _settle,
    "tbimarket.logsweep": _sweep,
    "tbimarket.deliver": _deliver,
    "tbiclsbox.regpoint": _register_point,
    "tbiclsbox.regunit": _register_unit,
    "tbipool.addforecast": _add_to_pool(
        ("forecast_generation_wh", "generation_wh"), ("forecast_consumption_wh", "consumption_wh")
    ),
    "tbipool.addmeasured": _add_to_pool(("fed_in_wh", "fed_in_wh"), ("consumed_wh", "consumed_wh")),
    "tbipool.addtraded": _add_to_pool(("traded_wh", "energy_wh")),
    "tbitoken.issue": _issue,
    "tbitoken.retire": _retire,
    "tbitoken.transfer": _transfer,
}
