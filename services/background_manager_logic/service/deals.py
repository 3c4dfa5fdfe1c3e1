"""Peer-to-peer deals (M-P2P-*): the seller proposes and the buyer accepts, each on his own box."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from market.values import Price
from services.background_manager_logic.errors import ChainSilent, ChainWrong, NotOwn, Unknown
from services.background_manager_logic.market.agreements import (
    Deed,
    agreed,
    deal_key,
    deal_status,
    dropped,
    proposed_deal,
    with_deal_status,
)
from services.background_manager_logic.market.documents import gate_of, offer_key
from services.background_manager_logic.market.model import ReadModel
from services.background_manager_logic.ports import BoxPort, ChainPort
from services.background_manager_logic.repository import Listed
from services.background_manager_logic.service.actors import Actor
from services.background_manager_logic.service.names import Names
from services.shared.times import iso

Document = dict[str, Any]
_KIND = "deals"


@dataclass(frozen=True, slots=True)
class NewDeal:
    """Energy in Wh; `slot` in seconds since the epoch; `buyer`: a participant's account."""

    market: str
    unit_mastr_nr: str
    buyer: str
    slot: int
    energy_wh: int
    price: Price


@dataclass(frozen=True, slots=True)
class Place:
    """Which deal: a unit's id on the chain, and the slot."""

    market: str
    unit: int
    slot: int

    @property
    def key(self) -> str:
        """Of its document."""
        return deal_key(self.market, self.slot, self.unit)


@dataclass(frozen=True, slots=True)
class Deal:
    """As it stands. `offer_status`: of the sold offer that it has become; the unit's number for whom it is to know."""

    document: Mapping[str, Any]
    status: str
    offer_status: str | None
    unit_mastr_nr: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """What an order has become, and where its transaction stands."""

    deal: Deal
    transaction_id: str | None
    block_num: int | None


class Deals:
    """`key`: the order's own Idempotency-Key. Orders raise OrderRefused, OrderUnanswered, BoxWrong."""

    def __init__(
        self, model: ReadModel, names: Names, boxes: BoxPort, chain: ChainPort, clock: Callable[[], float]
    ) -> None:
        self._model = model
        self._names = names
        self._boxes = boxes
        self._chain = chain
        self._clock = clock

    def deals(
        self,
        actor: Actor,
        market: str,
        *,
        status: str | None,
        slot: int | None,
        mine: bool,
        limit: int,
        cursor: str | None,
    ) -> Listed[Deal]:
        """All for the EVU, else those that one sells or buys; what was proposed last first. Raises BadCursor."""
        query: Document = {"market": market}
        query |= {} if slot is None else {"slot": slot}
        query |= {} if status is None else with_deal_status(status, self._clock())
        if mine or not actor.is_evu:
            own = actor.account or "-"
            query["$or"] = [{"seller": own}, {"buyer": own}]
        found = self._model.notes.page(_KIND, query, "proposed_at", limit, cursor)
        return Listed(self._shown(actor, market, found.items), found.next_cursor)

    def propose(self, actor: Actor, wanted: NewDeal, key: str) -> Written:
        """Propose a deal to one buyer. Raises Unknown (unit, market, buyer), NotOwn, Conflict, too."""
        actor.require_box()
        unit = self._names.on_market(self._names.own_unit(wanted.unit_mastr_nr, actor), wanted.market)
        about = self._model.store.get("markets", wanted.market)
        if about is None:
            raise Unknown(f"there is no market {wanted.market}")
        self._names.require_partner(wanted.buyer)
        client_key = int.from_bytes(hashlib.sha256(f"deal:{key}".encode()).digest()[:8])
        terms = {"energy_wh": wanted.energy_wh, "key": str(client_key)}
        body = {"market": wanted.market, "unit_mastr_nr": wanted.unit_mastr_nr, "buyer_account": wanted.buyer, **terms}
        body |= {"slot_start": iso(wanted.slot), "price_ct_per_kwh": wanted.price.ct_per_kwh}
        told = self._boxes.order(actor.require_box(), "p2p-propose", body, user_token=actor.token, key=key)
        terms |= {"seller": actor.require_account(), "buyer": wanted.buyer, "unit": unit.unit_id}
        terms |= {"slot": wanted.slot, "price": int(wanted.price)}
        place = Place(wanted.market, unit.unit_id, wanted.slot)
        gate = gate_of(about, wanted.slot)
        return self._done(actor, place, told, lambda deed: proposed_deal(about, terms, gate, deed))

    def accept(self, actor: Actor, place: Place, energy_wh: int, price: Price, key: str) -> Written:
        """Accept the terms that one has read (M-P2P-01: the same as were proposed). Raises Unknown, NotOwn, Conflict,
        too.
        """
        before = self._require(actor, place)
        if before["buyer"] != actor.account:
            raise NotOwn(f"the deal {place.unit}-{place.slot} is proposed to another; only its buyer accepts it")
        body = {"market": place.market, "seller_account": before["seller"], "unit_id": place.unit}
        body |= {"slot_start": iso(place.slot), "energy_wh": energy_wh, "price_ct_per_kwh": price.ct_per_kwh}
        body |= {"key": before["client_key"]}
        told = self._boxes.order(actor.require_box(), "p2p-accept", body, user_token=actor.token, key=key)
        return self._done(actor, place, told, lambda deed: agreed(before, deed, offer_id=self._offer_id(place)))

    def drop(self, actor: Actor, place: Place, key: str) -> Written:
        """Take one's own proposal back, or refuse one (M-P2P-02). Raises Unknown, NotOwn, Conflict, too."""
        before = self._require(actor, place)
        body = {"market": place.market, "unit_id": place.unit, "slot_start": iso(place.slot)}
        told = self._boxes.order(actor.require_box(), "p2p-drop", body, user_token=actor.token, key=key)
        return self._done(actor, place, told, lambda deed: dropped(before, deed))

    def _require(self, actor: Actor, place: Place) -> Document:
        """To others than its partners there is no such deal."""
        found = self._model.notes.get(_KIND, place.key)
        if found is None or actor.account not in (found["seller"], found["buyer"]):
            raise Unknown(f"you have no deal {place.unit}-{place.slot} in the market {place.market}")
        return {name: value for name, value in found.items() if name != "irreversible"}

    def _offer_id(self, place: Place) -> int | None:
        """The sold offer that the deal has just become; that it cannot be read now takes nothing from its being so."""
        row = place.slot << 32 | place.unit
        try:
            rows = self._chain.rows("tbimarket", "deals", place.market, lower=row, upper=row)
        except (ChainSilent, ChainWrong):
            return None
        return int(rows[0]["offer"]) or None if rows else None

    def _done(self, actor: Actor, place: Place, told: Mapping[str, Any], make: Callable[[Deed], Document]) -> Written:
        """Shown at once to both, as it stands now."""
        transaction_id, block_num = told.get("transaction_id"), told.get("block_num")
        document = make(Deed(int(self._clock()), int(block_num or 0), str(transaction_id or "")))
        if transaction_id:
            self._model.notes.put(_KIND, place.key, document)
        shown = self._shown(actor, place.market, [{**document, "irreversible": False}])
        return Written(shown[0], transaction_id, block_num)

    def _shown(self, actor: Actor, market: str, documents: list[Document]) -> list[Deal]:
        names = self._names.units(market, [(one["seller"], one["unit"]) for one in documents], actor)
        keys = [offer_key(market, one["offer_id"]) for one in documents if one["offer_id"] is not None]
        views = self._model.store.of("views").find({"_id": {"$in": sorted(keys)}}, {"offer_id": 1, "status": 1})
        sold = {view["offer_id"]: view["status"] for view in views}
        now = self._clock()
        return [
            Deal(one, deal_status(one, now), sold.get(one["offer_id"]), names.get(one["unit"])) for one in documents
        ]
