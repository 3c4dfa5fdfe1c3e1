"""Offers and bids: orders go to the user's own box with his own token; the EVU's bids are signed by the connector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from market.values import Price
from services.background_manager_logic.connector import Action
from services.background_manager_logic.errors import BoxWrong, ChainSilent, ChainWrong, NotOwn, Unknown
from services.background_manager_logic.market.documents import offer_key
from services.background_manager_logic.market.model import ReadModel
from services.background_manager_logic.ports import BoxPort, ChainPort
from services.background_manager_logic.repository import Listed
from services.background_manager_logic.service.actors import EVU_ACCOUNT, Actor
from services.background_manager_logic.service.names import Names
from services.shared.data import page
from services.shared.times import iso

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewOffer:
    """Energy in Wh; `slot` in seconds since the epoch."""

    market: str
    unit_mastr_nr: str
    slot: int
    energy_wh: int
    start_price: Price


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer as it is, with the unit's number where the actor may know it."""

    offer: Mapping[str, Any]
    unit_mastr_nr: str | None


@dataclass(frozen=True, slots=True)
class ShownBid:
    """A bid with its offer, if that is known."""

    bid: Mapping[str, Any]
    offer: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Done:
    """What an order has become; `offer` as it stands after it (None while the chain does not answer)."""

    offer_id: int
    offer: Shown | None
    transaction_id: str | None
    block_num: int | None


class Trading:
    """Lists come from the read model. `key`: the order's own Idempotency-Key, at most 100 characters.

    Orders raise OrderRefused, OrderUnanswered, BoxWrong, ChainRefused, ChainSilent, ChainWrong.
    """

    def __init__(self, model: ReadModel, names: Names, boxes: BoxPort, chain: ChainPort) -> None:
        self._model = model
        self._names = names
        self._boxes = boxes
        self._chain = chain

    def offer(self, actor: Actor, wanted: NewOffer, key: str) -> Done:
        """Place an offer of one's own unit. Raises Unknown, NotOwn, Conflict, too."""
        self._names.own_unit(wanted.unit_mastr_nr, actor)
        body = {
            "market": wanted.market,
            "unit_mastr_nr": wanted.unit_mastr_nr,
            "slot_start": iso(wanted.slot),
            "energy_wh": wanted.energy_wh,
            "start_price_ct_per_kwh": wanted.start_price.ct_per_kwh,
        }
        told = self._boxes.order(actor.require_box(), "offer", body, user_token=actor.token, key=key)
        if not isinstance(told.get("offer_id"), int):
            raise BoxWrong("the box placed the offer and could not read its number; see the list of offers")
        return self._done(actor, wanted.market, int(told["offer_id"]), told)

    def bid(self, actor: Actor, market: str, number: int, price: Price, key: str) -> Done:
        """Bid for an offer. Raises Unknown (no such offer), Conflict, too."""
        self._require(market, number)
        if actor.is_evu:
            data = {"market": market, "bidder": EVU_ACCOUNT, "offer": number, "price": int(price)}
            receipt = self._chain.transact([Action("tbimarket", "bid", data)], key)
            told: Mapping[str, Any] = {"transaction_id": receipt.transaction_id, "block_num": receipt.block_num}
        else:
            body = {"market": market, "offer_id": number, "price_ct_per_kwh": price.ct_per_kwh}
            told = self._boxes.order(actor.require_box(), "bid", body, user_token=actor.token, key=key)
        if told.get("transaction_id"):
            self._model.note_bid(
                market,
                number,
                actor.require_account(),
                int(price),
                transaction_id=str(told["transaction_id"]),
                block_num=int(told["block_num"]),
            )
        return self._done(actor, market, number, told)

    def retract(self, actor: Actor, market: str, number: int, key: str) -> Done:
        """Withdraw one's own offer (M-OFF-05). Raises Unknown, NotOwn, Conflict, too."""
        if self._require(market, number)["seller"] != actor.account:
            raise NotOwn(f"the offer {number} is not yours")
        body = {"market": market, "offer_id": number}
        told = self._boxes.order(actor.require_box(), "retract", body, user_token=actor.token, key=key)
        return self._done(actor, market, number, told)

    def one(self, actor: Actor, market: str, number: int) -> Shown:
        """Raises Unknown."""
        return self._shown(actor, self._require(market, number))

    def offers(
        self,
        actor: Actor,
        market: str,
        *,
        status: str | None,
        slot: int | None,
        mine: bool,
        limit: int,
        cursor: str | None,
    ) -> Listed[Shown]:
        """The newest first. Raises BadCursor."""
        query: Document = {"market": market}
        query |= {} if status is None else {"status": status}
        query |= {} if slot is None else {"slot": slot}
        query |= {"seller": actor.account or ""} if mine else {}
        found = page(self._model.store.of("views"), query, descending=True, limit=limit, cursor=cursor)
        names = self._names.of(found.items, actor)
        return Listed([Shown(offer, names.get(offer["offer_id"])) for offer in found.items], found.next_cursor)

    def bids(
        self, actor: Actor, market: str, *, offer: int | None, mine: bool, limit: int, cursor: str | None
    ) -> Listed[ShownBid]:
        """The newest first. Raises BadCursor."""
        query: Document = {"market": market}
        query |= {} if offer is None else {"offer_id": offer}
        query |= {"bidder": actor.account or ""} if mine else {}
        found = page(self._model.store.of("bids"), query, sort="at", descending=True, limit=limit, cursor=cursor)
        keys = sorted({offer_key(market, bid["offer_id"]) for bid in found.items})
        offers = {view["offer_id"]: view for view in self._model.store.of("views").find({"_id": {"$in": keys}})}
        return Listed([ShownBid(bid, offers.get(bid["offer_id"])) for bid in found.items], found.next_cursor)

    def _require(self, market: str, number: int) -> Document:
        """The offer as the read model has it; what it does not have yet is looked for at the head. Raises Unknown."""
        found = self._model.store.get("views", offer_key(market, number)) or self._model.heads.look(market, number)
        if found is None:
            raise Unknown(f"there is no offer {number} in the market {market}")
        return found

    def _shown(self, actor: Actor, offer: Document) -> Shown:
        return Shown(offer, self._names.of([offer], actor).get(offer["offer_id"]))

    def _done(self, actor: Actor, market: str, number: int, told: Mapping[str, Any]) -> Done:
        """Who has just written reads his own deed; that it cannot be read now takes nothing from its being done."""
        try:
            offer = self._model.heads.look(market, number)
        except (ChainSilent, ChainWrong):
            offer = None
        shown = None if offer is None else self._shown(actor, offer)
        return Done(number, shown, told.get("transaction_id"), told.get("block_num"))
