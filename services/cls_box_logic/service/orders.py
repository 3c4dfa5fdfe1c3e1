"""The owner's orders: local limits first, then one action, signed by the box's key, with one effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.values import EosName, slot_key
from services.cls_box_logic.connector import Connector
from services.cls_box_logic.domain.orders import (
    Bid,
    Deposit,
    Offer,
    Retraction,
    Withdrawal,
    check_bid,
    check_offer,
    check_transfer,
)
from services.cls_box_logic.errors import ChainAway, MarketRefused
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.provisioning import Box
from services.cls_box_logic.service.carrier import Answer, Carrier, shown

REPEATED_OFFER = "M-OFF-07"


class Orders:
    """`key` of every method: the caller's Idempotency-Key, or what stands for it. All raise NoAccount, too."""

    def __init__(
        self,
        *,
        box: Box,
        ownership: Ownership,
        participation: Participation,
        connector: Connector,
        carrier: Carrier,
    ) -> None:
        self._box = box
        self._ownership = ownership
        self._participation = participation
        self._connector = connector
        self._carrier = carrier

    def offer(self, offer: Offer, key: str) -> Answer:
        """Places an offer: `offer_id`, `key`, `transaction_id`, `block_num`. Raises NotAllowedHere, MarketRefused..."""
        check_offer(offer, {unit.mastr_nr for unit in self._box.units}, self._box.limits)

        seller = self._ownership.account()

        def place(key: str) -> Answer:
            unit = self._participation.unit(offer.market, offer.unit_mastr_nr)
            try:
                receipt = self._connector.transact([offer.action(seller, unit)], key)
            except MarketRefused as refusal:
                if refusal.rule == REPEATED_OFFER and (known := self._same_offer(offer, unit)) is not None:
                    return {"offer_id": known, "key": str(offer.key), "transaction_id": None, "block_num": None}
                raise
            return {"offer_id": self._offer_id(offer), "key": str(offer.key), **shown(receipt)}

        answer = self._carrier.carry("offer", key, _body(offer), place)
        return answer if answer["offer_id"] is not None else {**answer, "offer_id": self._offer_id(offer)}

    def bid(self, bid: Bid, key: str) -> Answer:
        """Places a bid: `offer_id`, `transaction_id`, `block_num`."""
        check_bid(bid, self._box.limits)
        return self._simple("bid", key, bid, {"offer_id": bid.offer})

    def retract(self, retraction: Retraction, key: str) -> Answer:
        """Withdraws an offer: `offer_id`, `transaction_id`, `block_num`."""
        return self._simple("retract", key, retraction, {"offer_id": retraction.offer})

    def deposit(self, deposit: Deposit, key: str) -> Answer:
        """Moves money into the market's ledger: `transaction_id`, `block_num`."""
        check_transfer(deposit.amount, self._box.limits)
        return self._simple("deposit", key, deposit, {})

    def withdraw(self, withdrawal: Withdrawal, key: str) -> Answer:
        """Moves money out of the market's ledger: `transaction_id`, `block_num`."""
        check_transfer(withdrawal.amount, self._box.limits)
        return self._simple("withdraw", key, withdrawal, {})

    def _simple(
        self, kind: str, key: str, order: Bid | Retraction | Deposit | Withdrawal, more: Mapping[str, Any]
    ) -> Answer:
        account = self._ownership.account()

        def place(key: str) -> Answer:
            return {**more, **shown(self._connector.transact([order.action(account)], key))}

        return self._carrier.carry(kind, key, _body(order), place)

    def _offer_id(self, offer: Offer) -> int:
        """Of an offer whose transaction stood in a block. Raises ChainAway: a node that died may have lost that block,
        and the connector sends again what was in it."""
        row = self._own_offer(offer)
        if row is None:
            raise ChainAway("the offer was in a block that the node has lost; it is sent again, ask with the same key")
        return int(row["id"])

    def _same_offer(self, offer: Offer, unit: int) -> int | None:
        """The id of the offer that was placed with this key, when it is the same one."""
        row = self._own_offer(offer)
        if row is None:
            return None
        placed = (int(row["unit"]), int(row["energy_wh"]), int(row["start_price"]))
        return int(row["id"]) if placed == (unit, offer.energy, offer.start_price) else None

    def _own_offer(self, offer: Offer) -> dict[str, Any] | None:
        """The box's offer with this key, found by the seller's key (slot, participant)."""
        market: EosName = offer.market
        place = slot_key(offer.slot, self._participation.participant(market))
        for row in self._connector.rows("tbimarket", "offers", market, lower=place, upper=place, index=2):
            if int(row["client_key"]) == offer.key:
                return row
        return None


def _body(order: Offer | Bid | Retraction | Deposit | Withdrawal) -> dict[str, Any]:
    """An order's content as JSON; large keys as text, so that no reader rounds them."""
    if isinstance(order, Offer):
        return {
            "market": str(order.market),
            "unit_mastr_nr": str(order.unit_mastr_nr),
            "slot": int(order.slot),
            "energy_wh": int(order.energy),
            "start_price_ct_per_kwh": order.start_price.ct_per_kwh,
            "key": str(order.key),
        }
    if isinstance(order, Bid):
        return {"market": str(order.market), "offer_id": order.offer, "price_ct_per_kwh": order.price.ct_per_kwh}
    if isinstance(order, Retraction):
        return {"market": str(order.market), "offer_id": order.offer}
    return {"market": str(order.market), "amount_eur": order.amount.eur}
