"""What the modules share: an offer's traces in slots, pool and money."""

from __future__ import annotations

from services.background_manager_logic.market.agreements import Deed
from services.background_manager_logic.market.documents import Action, Document, point_key, takeover_key


def no_figures() -> Document:
    """Of a unit in a slot."""
    counted = dict.fromkeys(("offered_wh", "sold_wh", "delivered_wh"), 0)
    return {"forecast_wh": None, "max_wh": None, **counted, "produced_wh": None, "fed_in_wh": None}


def pend(action: Action, offer: Document, more: int) -> None:
    """How many offers of the slot are not final, in the seller's group."""
    point = action.docs.get("points", point_key(offer["market"], offer["point"]))
    if point is not None:
        add_to_pool(action, offer["slot"], str(point["group"]), pending_offers=more)


def count(action: Action, row: Document, offer: Document, name: str, energy: int) -> None:
    """Add to a figure of the offer's unit in its slot."""
    unit = row["units"].get(str(offer["unit"])) or no_figures()
    row["units"][str(offer["unit"])] = unit | {name: unit[name] + energy}
    action.keep_slot(row)


def lock(action: Action, offer: Document, account: str, kind: str, locked: int) -> None:
    """Money that becomes locked; less than 0: that is free again."""
    if locked:
        action.money(offer["market"], account, kind, available=-locked, locked=locked, **about(offer))


def about(offer: Document) -> Document:
    """What money that an offer moves is for."""
    return {"offer_id": offer["offer_id"], "slot": offer["slot"]}


def add_to_pool(action: Action, slot: int, group: str, **more: int) -> None:
    """Add to figures of a balancing group in a slot."""
    key = f"{action.market}:{slot:010d}:{group}"
    names = ("forecast_generation_wh", "forecast_consumption_wh", "fed_in_wh", "consumed_wh", "produced_wh")
    fresh = dict.fromkeys((*names, "traded_wh", "measured_points", "pending_offers"), 0)
    figures = action.docs.get("pool", key) or {"market": action.market, "slot": slot, "group": group, **fresh}
    for name, value in more.items():
        figures[name] += value
    action.docs.put("pool", key, figures)


def take_over(action: Action, slot: int, **more: int) -> None:
    """Add to what the EVU took over in a slot: `swept_wh`, `passive_wh`, `unused_wh`, what it paid for each (`swept`,
    `passive`, `unused`, in units of 1e-6 EUR), and `minted_wh`. Nothing but zeros makes no row.
    """
    if not any(more.values()):
        return
    key = takeover_key(action.market, slot)
    names = ("swept_wh", "passive_wh", "unused_wh", "swept", "passive", "unused", "minted_wh")
    row = action.docs.get("takeovers", key) or {"market": action.market, "slot": slot, **dict.fromkeys(names, 0)}
    for name, value in more.items():
        row[name] += value
    action.docs.put("takeovers", key, row | {"changed_at": action.at})


def deed_of(action: Action) -> Deed:
    """When and where it was done."""
    return Deed(action.at, action.block_num, action.transaction_id)
