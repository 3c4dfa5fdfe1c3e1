"""Peer-to-peer deals (M-P2P-*): an accepted one is an offer that is sold at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from market.values import amount
from services.background_manager_logic.market.agreements import agreed, deal_key, dropped, proposed_deal
from services.background_manager_logic.market.documents import Action, gate_of
from services.background_manager_logic.market.fold.common import deed_of, lock
from services.background_manager_logic.market.fold.trading import place

_KIND = "deals"


def _propose(action: Action) -> None:
    market = action.market_doc()
    if market is not None:
        closes_at = gate_of(market, int(action.told["slot"]))
        action.docs.put(_KIND, _key(action), proposed_deal(market, action.told, closes_at, deed_of(action)))


def _drop(action: Action) -> None:
    document = action.docs.get(_KIND, _key(action))
    if document is not None:
        action.docs.put(_KIND, _key(action), dropped(document, deed_of(action)))


def _agree(action: Action) -> None:
    """`logaward` follows."""
    told = action.told
    place(action, int(told["price"]))
    market = action.market_doc()
    offer = None if market is None else action.offer(int(market["offers"]))
    if offer is None:
        return
    lock(action, offer, str(told["buyer"]), "bid", amount(offer["energy_wh"], int(told["price"])))
    offer |= {"bidder": told["buyer"], "bid_price": told["price"]}
    action.keep_offer(offer)
    document = action.docs.get(_KIND, _key(action))
    if document is not None:
        action.docs.put(_KIND, _key(action), agreed(document, deed_of(action), offer_id=offer["offer_id"]))


def _key(action: Action) -> str:
    return deal_key(action.market, int(action.told["slot"]), int(action.told["unit"]))


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbimarket.p2ppropose": _propose,
    "tbimarket.p2pdrop": _drop,
    "tbimarket.p2paccept": _agree,
}
