"""Settlements of sold offers, and what the EVU takes over (M-SEC-02)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from market.rows import OfferStatus
from market.values import amount
from services.background_manager_logic.market.documents import Action, Document, of_slot, point_key
from services.background_manager_logic.market.fold.common import about, count, pend, take_over
from services.background_manager_logic.market.fold.passive import price_of


def _settle(action: Action) -> None:
    balance = dict(action.told["balance"])
    market, offer = action.market_doc(), action.offer(int(balance.pop("offer")))
    if market is None or offer is None:
        return
    offer |= {"status": int(OfferStatus.SETTLED), "balance": balance}
    action.keep_offer(offer)
    row = action.slot(offer["slot"], offer["point"])
    count(action, row, offer, "delivered_wh", balance["delivered_wh"])
    pend(action, offer, -1)
    paid = amount(balance["sold_wh"], balance["price"])
    to_seller, shortfall, penalty, surplus = (balance[n] for n in ("to_seller", "shortfall", "penalty", "surplus"))
    of, kind = about(offer), "settlement"
    buyer = paid - to_seller - shortfall + surplus
    action.money(offer["market"], balance["buyer"], kind, available=buyer, locked=-paid, **of)
    seller = offer["lock"] - penalty + to_seller
    action.money(offer["market"], offer["seller"], kind, available=seller, locked=-offer["lock"], **of)
    action.money(offer["market"], market["evu"], kind, available=shortfall + penalty - surplus, **of)
    unused_wh = max(0, int(balance["delivered_wh"]) - int(balance["consumed_wh"]))
    evu_buy = int(of_slot(market["prices"], offer["slot"])["evu_buy"])
    take_over(action, offer["slot"], unused_wh=unused_wh, unused=amount(unused_wh, evu_buy))


def _sweep(action: Action) -> None:
    market, slot, number = action.market_doc(), int(action.told["slot"]), int(action.told["point"])
    point = action.docs.get("points", point_key(action.market, number))
    if market is None or point is None:
        return
    energy, money = int(action.told["energy_wh"]), int(action.told["amount"])
    row = action.slot(slot, number)
    action.keep_slot(row | {"surplus_wh": energy, "surplus": money})
    passive_wh, passive = _under_contracts(action, row)
    swept_wh, swept = energy - passive_wh, money - passive
    take_over(action, slot, swept_wh=swept_wh, swept=swept, passive_wh=passive_wh, passive=passive)
    if money:
        action.money(action.market, point["account"], "surplus", available=money, slot=slot, energy_wh=energy)
        action.money(action.market, market["evu"], "surplus", available=-money, slot=slot, energy_wh=energy)


def _under_contracts(action: Action, row: Document) -> tuple[int, int]:
    """Of a point's surplus, what its units under passive contracts fed in, in Wh, and what it costs (M-PAS-01)."""
    energy = money = 0
    for number, figures in row["units"].items():
        unit = action.docs.get("units", point_key(action.market, int(number)))
        price = None if unit is None else price_of(unit, row["slot"])
        if price is not None:
            left = max(0, (figures["fed_in_wh"] or 0) - figures["sold_wh"])
            energy, money = energy + left, money + amount(left, price)
    return energy, money


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbimarket.logsettle": _settle,
    "tbimarket.logsweep": _sweep,
}
