"""Passive contracts (M-PAS-*). A unit's document says what is proposed to its owner, and which contracts stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.background_manager_logic.market.agreements import (
    agreed,
    dropped,
    ended,
    passive_key,
    proposed_passive,
)
from services.background_manager_logic.market.documents import Action, Document, point_key
from services.background_manager_logic.market.fold.common import deed_of

_KIND = "passives"


def price_of(unit: Document, slot: int) -> int | None:
    """The price of the contract under which a unit is in the slot; None when it is not passive (M-PAS-01)."""
    for contract in unit["contracts"]:
        if contract["from_slot"] <= slot and not 0 < contract["until_slot"] <= slot:
            return int(contract["price"])
    return None


def _propose(action: Action) -> None:
    market, unit = action.market_doc(), _unit(action)
    point = None if unit is None else action.docs.get("points", point_key(action.market, unit["point"]))
    if market is None or unit is None or point is None:
        return
    _drop_proposal(action, unit)
    document = proposed_passive(market, point["account"], action.told, deed_of(action))
    action.docs.put(_KIND, passive_key(action.market, unit["unit"], document["id"]), document)
    _keep_unit(action, unit | {"proposal": document["id"]})


def _drop(action: Action) -> None:
    unit = _unit(action)
    if unit is not None:
        _drop_proposal(action, unit)
        _keep_unit(action, unit | {"proposal": None})


def _accept(action: Action) -> None:
    unit = _unit(action)
    if unit is None or unit["proposal"] is None:
        return
    key = passive_key(action.market, unit["unit"], unit["proposal"])
    document = action.docs.get(_KIND, key)
    if document is None:
        return
    action.docs.put(_KIND, key, agreed(document, deed_of(action)))
    contract = {name: document[name] for name in ("id", "price", "from_slot", "until_slot")}
    _keep_unit(action, unit | {"proposal": None, "contracts": [*unit["contracts"], contract]})


def _end(action: Action) -> None:
    unit, begin, end = _unit(action), int(action.told["from_slot"]), int(action.told["end_slot"])
    contract = None if unit is None else next((one for one in unit["contracts"] if one["from_slot"] == begin), None)
    if unit is None or contract is None:
        return
    key = passive_key(action.market, unit["unit"], contract["id"])
    document = action.docs.get(_KIND, key)
    if document is not None:
        action.docs.put(_KIND, key, ended(document, end, deed_of(action)))
    others = [one for one in unit["contracts"] if one["from_slot"] != begin]
    left = [] if end == begin else [contract | {"until_slot": end}]
    _keep_unit(action, unit | {"contracts": [*others, *left]})


def _clear(action: Action) -> None:
    """The chain forgets a contract by which nothing is paid any more (M-RAM-01); its document stays."""
    unit = _unit(action)
    if unit is not None:
        begin = int(action.told["from_slot"])
        left = [contract for contract in unit["contracts"] if contract["from_slot"] != begin]
        _keep_unit(action, unit | {"contracts": left})


def _drop_proposal(action: Action, unit: Document) -> None:
    """A unit has one open proposal (M-PAS-03)."""
    if unit["proposal"] is None:
        return
    key = passive_key(action.market, unit["unit"], unit["proposal"])
    document = action.docs.get(_KIND, key)
    if document is not None:
        action.docs.put(_KIND, key, dropped(document, deed_of(action)))


def _unit(action: Action) -> Document | None:
    return action.docs.get("units", point_key(action.market, int(action.told["unit"])))


def _keep_unit(action: Action, unit: Document) -> None:
    action.docs.put("units", point_key(action.market, unit["unit"]), unit)


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbimarket.passpropose": _propose,
    "tbimarket.passdrop": _drop,
    "tbimarket.passaccept": _accept,
    "tbimarket.passend": _end,
    "tbimarket.passclear": _clear,
}
