"""What does not go on by itself on a market: why, since when, what is at stake, and what repairs it.

The keeper does what is due within seconds, so what is due for longer than `grace_s` is stuck. Found is it in the read
model; whether it is so still, and what money there is, is asked of the chain. A repair is what anybody may call
(M-KEE-01), sent as the keeper: the market decides whether it takes effect, so repairing twice is once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from market.rows import OfferStatus
from services.background_manager_logic.connector import Action
from services.background_manager_logic.errors import ChainRefused, ChainSilent, ChainWrong, Unknown
from services.background_manager_logic.letters import FailedOrder, UnansweredEvent
from services.background_manager_logic.market.documents import offer_key, point_key
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.ports import ChainPort
from services.background_manager_logic.service.stuck_items import (
    COUNTED,
    Item,
    Repaired,
    failed_order,
    missing,
    missing_surplus,
    needs_deposit,
    of_slot,
    overdue_award,
    overdue_settlement,
    overdue_surplus,
    refused,
    retried,
    unanswered_event,
    unfunded_settlement,
    unfunded_surplus,
)

Document = dict[str, Any]

_MOST: Final = 500
_PAID, _UNPAID = 1, 2
"""`readings.surplus` (contracts/README.md): done; the EVU could not pay it."""

_LATEST_S: Final = 60 * 86_400
"""What is older was erased from the chain long ago."""


@dataclass(frozen=True, slots=True)
class Found:
    """`not_looked_at`: what could not be asked now, in words."""

    items: list[Item]
    not_looked_at: list[str]


class LettersPort(Protocol):
    """Raises ChainSilent, ChainWrong."""

    def orders(self) -> list[FailedOrder]: ...

    def events(self) -> list[UnansweredEvent]: ...

    def retry_order(self, letter_id: str) -> str:
        """Raises Unknown."""

    def retry_event(self, letter_id: str) -> str:
        """Raises Unknown."""


class Stuck:
    """All may raise PyMongoError."""

    def __init__(
        self, store: Store, chain: ChainPort, letters: LettersPort, clock: Callable[[], float], *, grace_s: int
    ) -> None:
        self._store = store
        self._chain = chain
        self._letters = letters
        self._clock = clock
        self._grace_s = grace_s

    def all(self, market: str) -> Found:
        """The oldest first. What a part cannot be asked for is named, not left out in silence. Raises Unknown."""
        about = self._market(market)
        found = Found([], [])
        parts: tuple[tuple[str, Callable[[], Iterator[Item]]], ...] = (
            ("offers", lambda: self._offers(about)),
            ("surplus", lambda: self._surplus(about)),
            ("failed orders", lambda: (failed_order(one) for one in self._letters.orders())),
            ("unanswered events", lambda: self._events(market)),
        )
        for name, look in parts:
            try:
                found.items.extend(look())
            except (ChainSilent, ChainWrong) as error:
                found.not_looked_at.append(f"{name}: {error}")
        found.items.sort(key=lambda item: (item.since, item.id))
        return found

    def overdue_awards(self) -> int:
        """On all markets: the keeper decides an auction within seconds, so he is away or is refused."""
        closed = {"$lt": int(self._clock()) - self._grace_s}
        return self._store.of("views").count_documents({"status": "open", "closes_at": closed}, limit=_MOST)

    def repair(self, item_id: str) -> Repaired:
        """Raises Unknown, ChainSilent, ChainWrong."""
        kind, _, rest = item_id.partition(".")
        if kind == "order":
            return retried(self._letters.retry_order(rest))
        if kind == "event":
            return retried(self._letters.retry_event(rest))
        words = rest.rsplit(".", 2 if kind == "sweep" else 1)
        if not all(word.isascii() and word.isdigit() and len(word) <= 19 for word in words[1:]) or len(words) < 2:
            raise Unknown(f"there is nothing that is called {item_id}")
        market, numbers = words[0], [int(word) for word in words[1:]]
        about = self._market(market)
        if kind == "sweep":
            return self._sweep(about, *numbers) if len(numbers) == 2 else self._nothing(item_id)
        return self._offer(about, kind, numbers[0])

    def _nothing(self, item_id: str) -> Repaired:
        raise Unknown(f"there is nothing that is called {item_id}")

    def _market(self, name: str) -> Document:
        found = self._store.get("markets", name)
        if found is None:
            raise Unknown(f"there is no market {name}")
        return found

    # what is found

    def _offers(self, about: Document) -> Iterator[Item]:
        market, now = about["market"], int(self._clock())
        views = self._store.of("views")
        undecided = {"market": market, "status": "open", "closes_at": {"$lt": now - self._grace_s}}
        for offer in views.find(undecided).sort("_id").limit(_MOST):
            yield overdue_award(offer)
        ended = {"$lt": now - int(about["slot_s"]), "$gt": now - _LATEST_S}
        sold = {"market": market, "status": {"$in": ["awarded", "delivered", "unfunded"]}, "slot": ended}
        purse: int | None = None
        for offer in views.find(sold).sort("_id").limit(_MOST):
            if offer["status"] == "unfunded":
                purse = self._purse(about) if purse is None else purse
                yield unfunded_settlement(about, offer, purse)
            else:
                due = self._due(about, offer)
                if due is not None and due + self._grace_s < now:
                    yield overdue_settlement(offer, due)

    def _due(self, about: Document, offer: Document) -> int | None:
        """Since when it could have been settled (M-SET-04); None: not yet."""
        slot, market = int(offer["slot"]), about["market"]
        deadline = slot + int(about["slot_s"]) + int(of_slot(about["params"], slot)["deadline_s"])
        buyer = {"market": market, "account": offer["bidder"], "since": {"$lte": slot}}
        points = {int(offer["point"])} | {int(point["point"]) for point in self._store.of("points").find(buyer)}
        query = {"market": market, "slot": slot, "point": {"$in": sorted(points)}, "reading": {"$in": COUNTED}}
        delivered = [int(row["delivered_at"]) for row in self._store.of("slots").find(query)]
        if len(delivered) == len(points):
            return min(max(delivered), deadline)
        return deadline if deadline < int(self._clock()) else None

    def _surplus(self, about: Document) -> Iterator[Item]:
        market, now = about["market"], int(self._clock())
        query = {"market": market, "reading": {"$in": COUNTED}, "surplus": None}
        query |= {"slot": {"$gt": now - _LATEST_S}, "delivered_at": {"$lt": now - self._grace_s}}
        purse: int | None = None
        for row in self._store.of("slots").find(query).sort("_id").limit(_MOST):
            point = self._store.get("points", point_key(market, int(row["point"])))
            state = self._reading(market, int(row["slot"]), int(row["point"]))
            if state == _PAID:
                continue  # the read model, which follows what is irreversible, has not heard of it yet
            if state == _UNPAID:
                purse = self._purse(about) if purse is None else purse
                yield unfunded_surplus(about, row, point, purse)
            else:
                yield overdue_surplus(about, row, point)

    def _events(self, market: str) -> Iterator[Item]:
        return (unanswered_event(one) for one in self._letters.events() if one.market == market)

    def _reading(self, market: str, slot: int, point: int) -> int | None:
        """The row's `surplus` on the chain."""
        key = slot << 32 | point
        rows = self._chain.rows("tbimarket", "readings", market, lower=key, upper=key)
        return int(rows[0]["surplus"]) if rows else None

    def _purse(self, about: Document) -> int:
        """What the EVU has available, as at the head."""
        evu = about["evu"]
        rows = self._chain.rows("tbimarket", "ledger", about["market"], lower=evu, upper=evu, key_type="name")
        return int(rows[0]["available"]) if rows else 0

    # what repairs

    def _offer(self, about: Document, action: str, number: int) -> Repaired:
        offer = self._store.get("views", offer_key(about["market"], number))
        if offer is None:
            raise Unknown(f"there is no offer {number} in the market {about['market']}")
        lacking = None if action == "award" else missing(about, offer, self._purse(about))
        return self._act(about["market"], action, {"offer": number}, lacking)

    def _sweep(self, about: Document, slot: int, point: int) -> Repaired:
        row = self._store.of("slots").find_one({"market": about["market"], "slot": slot, "point": point})
        if row is None or "reading" not in row:
            raise Unknown(f"the metering point {point} has no reading of that slot")
        lacking = missing_surplus(about, row, self._purse(about))
        return self._act(about["market"], "sweep", {"slot": slot, "point": point}, lacking)

    def _act(self, market: str, action: str, data: Mapping[str, int], lacking: int | None) -> Repaired:
        order = Action("tbimarket", action, {"market": market, **data})
        try:
            receipt = self._chain.transact([order], f"repair-{secrets.token_hex(16)}")
        except ChainRefused as refusal:
            return refused(refusal, lacking)
        if action != "award" and self._is_unpaid(market, data):
            return needs_deposit(lacking)
        return Repaired("done", "It is done, in a block.", transaction_id=receipt.transaction_id)

    def _is_unpaid(self, market: str, data: Mapping[str, int]) -> bool:
        """The market took the call and noted that the EVU cannot pay (M-LED-04)."""
        if "offer" not in data:
            return self._reading(market, data["slot"], data["point"]) == _UNPAID
        rows = self._chain.rows("tbimarket", "offers", market, lower=data["offer"], upper=data["offer"])
        return bool(rows) and int(rows[0]["status"]) == OfferStatus.UNFUNDED
