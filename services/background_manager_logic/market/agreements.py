"""Passive contracts and peer-to-peer deals as documents: their keys, what happens to them, how they stand (pure).

`state` is what was done; how it stands follows from the time, too. `closes_at`: from then on the chain takes no
acceptance any more. `changed_at`, `block_num`, `transaction_id`: the last thing that was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.background_manager_logic.market.documents import Data, Document

PROPOSED: Final = "proposed"
DROPPED: Final = "dropped"
AGREED: Final = "agreed"
VOID: Final = "void"
"""A contract that was ended before its first slot (M-PAS-05): it never was."""

PASSIVE_STATUSES: Final = ("proposed", "expired", "dropped", "accepted", "running", "ended")
DEAL_STATUSES: Final = ("proposed", "expired", "dropped", "accepted")


@dataclass(frozen=True, slots=True)
class Deed:
    """When and where something was done to an agreement. `at` in seconds since the epoch."""

    at: int
    block_num: int
    transaction_id: str


def passive_id(transaction_id: str) -> str:
    """What names a unit's contract from its proposal on: terms may come again, transactions never do."""
    return transaction_id[:16]


def passive_key(market: str, unit: int, name: str) -> str:
    """`name`: see `passive_id`."""
    return f"{market}:{unit:010d}:{name}"


def deal_key(market: str, slot: int, unit: int) -> str:
    return f"{market}:{slot:010d}:{unit:010d}"


def proposed_passive(market: Data, owner: str, told: Data, deed: Deed) -> Document:
    """What `passpropose` makes. `market`: its document; `told`: the action's data."""
    terms = {name: int(told[name]) for name in ("unit", "price", "from_slot", "until_slot")}
    closes_at = terms["from_slot"] - int(market["horizon_s"])
    about = {"market": market["market"], "id": passive_id(deed.transaction_id), "owner": owner, **terms}
    return _done({**about, "closes_at": closes_at, "proposed_at": deed.at, "agreed_at": None}, PROPOSED, deed)


def proposed_deal(market: Data, told: Data, closes_at: int, deed: Deed) -> Document:
    """What `p2ppropose` makes. `closes_at`: the slot's gate; the key has 64 bits, so it is kept as text."""
    terms = {name: int(told[name]) for name in ("unit", "slot", "energy_wh", "price")}
    partners = {name: str(told[name]) for name in ("seller", "buyer")}
    about = {"market": market["market"], **partners, **terms, "slot_s": int(market["slot_s"])}
    more = {"client_key": str(told["key"]), "closes_at": closes_at, "proposed_at": deed.at}
    return _done({**about, **more, "agreed_at": None, "offer_id": None}, PROPOSED, deed)


def agreed(document: Data, deed: Deed, **more: Any) -> Document:
    """Accepted. `more`: a deal's `offer_id`."""
    return _done({**document, "agreed_at": deed.at, **more}, AGREED, deed)


def dropped(document: Data, deed: Deed) -> Document:
    """A proposal that was taken back, refused, or replaced by another one."""
    return _done(document, DROPPED, deed)


def ended(document: Data, end_slot: int, deed: Deed) -> Document:
    """A contract that holds until `end_slot`."""
    state = VOID if end_slot == document["from_slot"] else AGREED
    return _done({**document, "until_slot": end_slot}, state, deed)


def passive_status(document: Data, now: float) -> str:
    """One of PASSIVE_STATUSES."""
    if document["state"] != AGREED:
        return _of_proposal(document, now)
    if 0 < document["until_slot"] <= now:
        return "ended"
    return "accepted" if now < document["from_slot"] else "running"


def deal_status(document: Data, now: float) -> str:
    """One of DEAL_STATUSES."""
    return "accepted" if document["state"] == AGREED else _of_proposal(document, now)


def with_passive_status(status: str, now: float) -> Document:
    """The query for documents whose `passive_status` is that."""
    over = {"until_slot": {"$gt": 0, "$lte": now}}
    holds: Mapping[str, Document] = {
        "accepted": {"state": AGREED, "from_slot": {"$gt": now}, "$nor": [over]},
        "running": {"state": AGREED, "from_slot": {"$lte": now}, "$nor": [over]},
        "ended": {"$or": [{"state": VOID}, {"state": AGREED, **over}]},
    }
    return holds[status] if status in holds else _proposals(status, now)


def with_deal_status(status: str, now: float) -> Document:
    """The query for documents whose `deal_status` is that."""
    return {"state": AGREED} if status == "accepted" else _proposals(status, now)


def _of_proposal(document: Data, now: float) -> str:
    if document["state"] == PROPOSED:
        return "proposed" if now < document["closes_at"] else "expired"
    return "dropped" if document["state"] == DROPPED else "ended"


def _proposals(status: str, now: float) -> Document:
    if status == "dropped":
        return {"state": DROPPED}
    return {"state": PROPOSED, "closes_at": {"$gt": now} if status == "proposed" else {"$lte": now}}


def _done(document: Data, state: str, deed: Deed) -> Document:
    last = {"changed_at": deed.at, "block_num": deed.block_num, "transaction_id": deed.transaction_id}
    return {**document, "state": state, **last}
