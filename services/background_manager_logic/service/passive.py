"""Passive contracts (M-PAS-*): the EVU proposes with its own key, the owner agrees on his own box, either ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from market.values import Price
from services.background_manager_logic.connector import Action
from services.background_manager_logic.errors import NotOwn, Unknown
from services.background_manager_logic.market.agreements import (
    Deed,
    agreed,
    dropped,
    ended,
    passive_id,
    passive_key,
    passive_status,
    proposed_passive,
    with_passive_status,
)
from services.background_manager_logic.market.model import ReadModel
from services.background_manager_logic.ports import BoxPort, ChainPort
from services.background_manager_logic.repository import Listed
from services.background_manager_logic.service.actors import EVU_ACCOUNT, Actor
from services.background_manager_logic.service.names import Names
from services.shared.times import iso

Document = dict[str, Any]
_KIND = "passives"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a proposal says. Slots in seconds since the epoch; `until_slot` 0: an open end."""

    market: str
    unit_mastr_nr: str
    price: Price
    from_slot: int
    until_slot: int


@dataclass(frozen=True, slots=True)
class Place:
    """Which contract: a unit's id on the chain, and what names it there."""

    market: str
    unit: int
    name: str

    @property
    def key(self) -> str:
        """Of its document."""
        return passive_key(self.market, self.unit, self.name)


@dataclass(frozen=True, slots=True)
class Contract:
    """As it stands, with the unit's number where the actor may know it."""

    document: Mapping[str, Any]
    status: str
    unit_mastr_nr: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """What an order has become, and where its transaction stands."""

    contract: Contract
    transaction_id: str | None
    block_num: int | None


class PassiveContracts:
    """`key`: the order's own Idempotency-Key. Orders raise what orders raise: OrderRefused, OrderUnanswered, BoxWrong
    (by a box), ChainRefused, ChainSilent, ChainWrong (by the EVU).
    """

    def __init__(
        self, model: ReadModel, names: Names, boxes: BoxPort, chain: ChainPort, clock: Callable[[], float]
    ) -> None:
        self._model = model
        self._names = names
        self._boxes = boxes
        self._chain = chain
        self._clock = clock

    def contracts(
        self, actor: Actor, market: str, *, status: str | None, limit: int, cursor: str | None
    ) -> Listed[Contract]:
        """Of everybody for the EVU, else one's own; what was proposed last first. Raises BadCursor."""
        query: Document = {"market": market}
        query |= {} if actor.is_evu else {"owner": actor.account or ""}
        query |= {} if status is None else with_passive_status(status, self._clock())
        found = self._model.notes.page(_KIND, query, "proposed_at", limit, cursor)
        return Listed(self._shown(actor, market, found.items), found.next_cursor)

    def propose(self, actor: Actor, wanted: Terms, key: str) -> Written:
        """Propose a contract to a unit's owner. Raises Unknown (unit, market), too."""
        unit = self._names.on_market(self._names.own_unit(wanted.unit_mastr_nr, actor), wanted.market)
        about = self._model.store.get("markets", wanted.market)
        if about is None:
            raise Unknown(f"there is no market {wanted.market}")
        terms = {"unit": unit.unit_id, "price": int(wanted.price)}
        terms |= {"from_slot": wanted.from_slot, "until_slot": wanted.until_slot}
        told = self._by_evu("passpropose", {"market": wanted.market, **terms}, key)
        owner = self._names.account_of(unit.unit)
        place = Place(wanted.market, unit.unit_id, passive_id(str(told["transaction_id"])))
        return self._done(actor, place, told, lambda deed: proposed_passive(about, owner, terms, deed))

    def accept(self, actor: Actor, place: Place, price: Price, until_slot: int, key: str) -> Written:
        """Accept the terms that one has read (M-PAS-03: the same as were proposed). Raises Unknown, NotOwn, Conflict,
        too.
        """
        before = self._require(actor, place)
        body = self._of_unit(actor, place, before)
        body |= {"price_ct_per_kwh": price.ct_per_kwh, "from_slot": iso(before["from_slot"])}
        body |= {"until_slot": iso(until_slot) if until_slot else None}
        told = self._by_box(actor, "passive-accept", body, key)
        return self._done(actor, place, told, lambda deed: agreed(before, deed))

    def drop(self, actor: Actor, place: Place, key: str) -> Written:
        """Refuse a proposal, or take it back. Raises Unknown, NotOwn, Conflict, too."""
        before = self._require(actor, place)
        if actor.is_evu:
            data = {"market": place.market, "party": EVU_ACCOUNT, "unit": place.unit}
            told = self._by_evu("passdrop", data, key)
        else:
            told = self._by_box(actor, "passive-drop", self._of_unit(actor, place, before), key)
        return self._done(actor, place, told, lambda deed: dropped(before, deed))

    def end(self, actor: Actor, place: Place, end_slot: int, key: str) -> Written:
        """End a contract with effect from a slot. Raises Unknown, NotOwn, Conflict, too."""
        before = self._require(actor, place)
        if actor.is_evu:
            data = {"market": place.market, "party": EVU_ACCOUNT, "unit": place.unit}
            told = self._by_evu("passend", data | {"from_slot": before["from_slot"], "end_slot": end_slot}, key)
        else:
            slots = {"from_slot": iso(before["from_slot"]), "end_slot": iso(end_slot)}
            told = self._by_box(actor, "passive-end", self._of_unit(actor, place, before) | slots, key)
        return self._done(actor, place, told, lambda deed: ended(before, end_slot, deed))

    def _require(self, actor: Actor, place: Place) -> Document:
        found = self._model.notes.get(_KIND, place.key)
        if found is None:
            raise Unknown(f"there is no passive contract {place.unit}-{place.name} in the market {place.market}")
        if not actor.is_evu and found["owner"] != actor.account:
            raise NotOwn(f"the passive contract {place.unit}-{place.name} is not yours")
        return {name: value for name, value in found.items() if name != "irreversible"}

    def _of_unit(self, actor: Actor, place: Place, document: Document) -> Document:
        """What an order at the owner's box begins with: it knows its units by their numbers."""
        names = self._names.units(place.market, [(document["owner"], place.unit)], actor)
        if place.unit not in names:
            raise Unknown(f"the unit {place.unit} of the market {place.market} has no number here; see GET /units")
        return {"market": place.market, "unit_mastr_nr": names[place.unit]}

    def _by_evu(self, action: str, data: Document, key: str) -> Mapping[str, Any]:
        receipt = self._chain.transact([Action("tbimarket", action, data)], key)
        return {"transaction_id": receipt.transaction_id, "block_num": receipt.block_num}

    def _by_box(self, actor: Actor, kind: str, body: Document, key: str) -> Mapping[str, Any]:
        return self._boxes.order(actor.require_box(), kind, body, user_token=actor.token, key=key)

    def _done(self, actor: Actor, place: Place, told: Mapping[str, Any], make: Callable[[Deed], Document]) -> Written:
        """Shown at once to both, as it stands now."""
        transaction_id, block_num = told.get("transaction_id"), told.get("block_num")
        document = make(Deed(int(self._clock()), int(block_num or 0), str(transaction_id or "")))
        if transaction_id:
            self._model.notes.put(_KIND, place.key, document)
        shown = self._shown(actor, place.market, [{**document, "irreversible": False}])
        return Written(shown[0], transaction_id, block_num)

    def _shown(self, actor: Actor, market: str, documents: list[Document]) -> list[Contract]:
        names = self._names.units(market, [(one["owner"], one["unit"]) for one in documents], actor)
        now = self._clock()
        return [Contract(one, passive_status(one, now), names.get(one["unit"])) for one in documents]
