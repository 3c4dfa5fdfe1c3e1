"""Parameters and prices of a market: what holds, what is coming, and what stands before the governors (M-ADM).

What stands is read from the chain. What became of it is kept here, for the chain forgets a proposal with its end: it
was executed when what it proposes stands on the chain, and taken back else.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Protocol

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from market.refusal import Refused
from market.rows import Params, Prices
from market.rules.administration import check_params, check_prices
from services.background_manager_logic.connector import Action, Receipt
from services.background_manager_logic.errors import ChainRefused, ChainSilent, ChainWrong, Conflict, Unknown
from services.background_manager_logic.governors import Council, Standing
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.ports import ChainPort
from services.background_manager_logic.repository import Listed
from services.shared.data import page

Document = dict[str, Any]
Kind = Literal["parameters", "prices"]

PROPOSER: Final = "tbiadmin"
MARKET_CONTRACT: Final = "tbimarket"
STATUSES: Final = ("open", "approved", "executed", "expired", "cancelled")
_STANDING: Final = ("open", "approved")
_LONGEST_S: Final = 30 * 86_400
_CLEARED_S: Final = 10
"""An execution takes effect in a transaction of its own, a block or two after the proposal has gone."""

_EVERY_S: Final = 5.0
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz12345"
_ACTIONS: Final[Mapping[Kind, tuple[str, str]]] = {
    "parameters": ("setparams", "params"),
    "prices": ("setprices", "prices"),
}
_log = logging.getLogger(__name__)


class CouncilPort(Protocol):
    """Raises ChainSilent, ChainWrong."""

    def council(self) -> Council: ...

    def propose(self, name: str, actions: list[Action], expires_at: int) -> Receipt:
        """Raises ChainRefused."""

    def cancel(self, name: str) -> Receipt:
        """Raises ChainRefused."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rows of a market's parameters or prices: all, the one that holds now, those to come; and what is proposed."""

    market: Document
    items: list[Document]
    holds: Document | None
    coming: list[Document]
    proposals: list[Document]


class Governance:
    """All may raise PyMongoError."""

    def __init__(
        self,
        store: Store,
        kept: Collection[Document],
        council: CouncilPort,
        chain: ChainPort,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._kept = kept
        self._council = council
        self._chain = chain
        self._clock = clock
        self._refreshing = threading.Lock()

    def prepare(self) -> None:
        """The indexes of the list."""
        self._kept.create_index([("order", -1), ("_id", -1)], name="order")
        self._kept.create_index([("status", 1)], name="status")

    def rules(self, market: str, kind: Kind) -> Rules:
        """As far as it is irreversible. Raises Unknown."""
        about, now = self._market(market), int(self._clock())
        rows = about[_ACTIONS[kind][1]]
        begun = [row for row in rows if row["from_slot"] <= now]
        holds = max(begun, key=lambda row: int(row["from_slot"]), default=None)
        query = {"status": {"$in": list(_STANDING)}, "changes": {"$elemMatch": {"kind": kind, "market": market}}}
        found = list(self._kept.find(query).sort([("order", -1), ("_id", -1)]))
        return Rules(about, rows, holds, [row for row in rows if row["from_slot"] > now], found)

    def propose(self, market: str, kind: Kind, row: Params | Prices, by: str) -> tuple[Document, bool]:
        """Put a change before the governors; (the proposal, whether it is a new one). The same change twice is one.

        Raises Unknown, ChainRefused (M-ADM-03, M-MKT-02), Conflict (it holds already), ChainSilent, ChainWrong.
        """
        about, now = self._market(market), int(self._clock())
        _check(about, row, now)
        action, member = _ACTIONS[kind]
        if asdict(row) in [{name: held[name] for name in asdict(row)} for held in about[member]]:
            raise Conflict("this holds from that slot on already; nothing is left to be proposed")
        data = {"market": market, member: asdict(row)}
        name = _name([action, data])
        expires_at = min(now + _LONGEST_S, row.from_slot - int(about["horizon_s"]))
        standing = self._own(name)
        if standing is not None:
            return standing, False
        try:
            receipt = self._council.propose(name, [Action(MARKET_CONTRACT, action, data)], expires_at)
        except ChainRefused:
            standing = self._own(name)  # somebody proposed the same at the same moment
            if standing is None:
                raise
            return standing, False
        made = self._own(name)
        if made is None:
            raise ChainSilent(f"the proposal {name} was made, but cannot be read yet; look again")
        told = {"proposed_by": by, "transaction_id": receipt.transaction_id}
        self._kept.update_one({"_id": made["_id"]}, {"$set": told})
        return made | told, True

    def list(self, status: str | None, limit: int, cursor: str | None) -> Listed[Document]:
        """The newest first; as last seen where the chain does not answer. Raises BadCursor."""
        self._try_refresh()
        query = {} if status is None else {"status": status}
        found = page(self._kept, query, sort="order", descending=True, limit=limit, cursor=cursor)
        return Listed(found.items, found.next_cursor)

    def cancel(self, name: str) -> Document:
        """Take back what this side has proposed. Raises Unknown, Conflict, ChainRefused, ChainSilent, ChainWrong."""
        found = self._own(name)
        if found is None:
            ended = self._kept.find_one({"proposer": PROPOSER, "name": name}, sort=[("order", -1)])
            if ended is None:
                raise Unknown(f"there is no proposal {name} of {PROPOSER}")
            if ended["status"] == "cancelled":
                return ended
            raise Conflict(f"the proposal {name} is {ended['status']}; there is nothing to take back")
        self._council.cancel(name)
        self._kept.update_one({"_id": found["_id"]}, {"$set": {"status": "cancelled", "ended_at": int(self._clock())}})
        return self._kept.find_one({"_id": found["_id"]}) or found

    def run(self, stopped: threading.Event) -> None:
        """Follow what becomes of proposals, until told to stop."""
        while not stopped.wait(_EVERY_S):
            self._try_refresh()

    def refresh(self) -> None:
        """Look at the chain. Raises ChainSilent, ChainWrong."""
        with self._refreshing:
            council = self._council.council()
            now = int(self._clock())
            seen = [self._seen(one, council, now) for one in council.standing]
            if seen:
                self._kept.bulk_write(seen, ordered=False)
            there = [_key(one) for one in council.standing]
            for gone in list(self._kept.find({"status": {"$in": list(_STANDING)}, "_id": {"$nin": there}})):
                self._end(gone, now)

    def _try_refresh(self) -> None:
        try:
            self.refresh()
        except (ChainSilent, ChainWrong, PyMongoError) as error:
            _log.info("what stands before the governors is as last seen: %s", error)

    def _market(self, name: str) -> Document:
        found = self._store.get("markets", name)
        if found is None:
            raise Unknown(f"there is no market {name}")
        return found

    def _own(self, name: str) -> Document | None:
        self.refresh()
        return self._kept.find_one({"proposer": PROPOSER, "name": name, "status": {"$in": list(_STANDING)}})

    def _seen(self, one: Standing, council: Council, now: int) -> UpdateOne:
        status = "expired" if one.expires_at <= now else "approved" if one.is_approved else "open"
        ended = {"ended_at": one.expires_at} if status == "expired" else {"ended_at": None}
        told = {
            "status": status,
            "approvals": [asdict(approval) for approval in one.approvals],
            "governors": list(council.governors),
            "threshold": council.threshold,
            "gone_at": None,
            **ended,
        }
        about = {
            "proposer": one.proposer,
            "name": one.name,
            "hash": one.hash,
            "expires_at": one.expires_at,
            "changes": _changes(one),
            "order": now,
            "proposed_by": None,
            "transaction_id": None,
        }
        return UpdateOne({"_id": _key(one)}, {"$set": told, "$setOnInsert": about}, upsert=True)

    def _end(self, gone: Document, now: int) -> None:
        """What has become of one that stands no more."""
        if self._took_effect(gone):
            told: Document = {"status": "executed", "ended_at": now}
        elif gone["gone_at"] is None:
            told = {"gone_at": now}
        elif now < gone["gone_at"] + _CLEARED_S:
            return
        else:
            told = {"status": "cancelled", "ended_at": gone["gone_at"]}
        self._kept.update_one({"_id": gone["_id"]}, {"$set": told})

    def _took_effect(self, gone: Document) -> bool:
        """Whether all that it proposed stands on the chain's head. What is no change of a market cannot be seen."""
        return bool(gone["changes"]) and all(self._stands(change) for change in gone["changes"])

    def _stands(self, change: Document) -> bool:
        if change["kind"] not in _ACTIONS:
            return False
        table = _ACTIONS[change["kind"]][1]
        slot = int(change["row"]["from_slot"])
        rows = self._chain.rows(MARKET_CONTRACT, table, change["market"], lower=slot, upper=slot)
        return any(row == change["row"] for row in rows)


def _check(about: Mapping[str, Any], row: Params | Prices, now: int) -> None:
    """What the market would refuse the governors' decision for. Raises ChainRefused with the rule."""
    try:
        if isinstance(row, Params):
            check_params(row)
        else:
            check_prices(row)
    except Refused as refusal:
        raise ChainRefused(refusal.rule, str(refusal)) from refusal
    if row.from_slot % int(about["slot_s"]):
        raise ChainRefused("M-ADM-03", "M-ADM-03: a slot begins at a multiple of the market's slot length")
    if row.from_slot <= now + int(about["horizon_s"]):
        raise ChainRefused("M-ADM-03", "M-ADM-03: trading of that slot has begun: choose one beyond the horizon")


def _changes(one: Standing) -> list[Document]:
    return [_change(f"{act.account}::{act.name}", act.data) for act in one.actions]


def _change(action: str, data: Mapping[str, Any] | None) -> Document:
    for kind, (name, member) in _ACTIONS.items():
        if action == f"{MARKET_CONTRACT}::{name}" and data is not None:
            return {"kind": kind, "action": action, "market": data["market"], "row": dict(data[member]), "text": None}
    text = json.dumps(data, sort_keys=True)[:2000]
    return {"kind": "other", "action": action, "market": None, "row": None, "text": text}


def _key(one: Standing) -> str:
    return f"{one.proposer}.{one.name}.{one.hash[:16]}"


def _name(content: Any) -> str:
    """The same content has the same name, which the chain takes once while it is open."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:12])
