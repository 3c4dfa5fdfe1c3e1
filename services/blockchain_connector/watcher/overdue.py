"""The cloud side's view of what boxes were told and did not answer: events that stand on the chain for too long.

A delivery takes an event off the chain, its expiry too. So whatever stands there long after it was raised has reached
nobody who acts on it: a box without a link, without its TPM, or whose CLS-Box-Logic refuses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.blockchain_connector.domain import Call
from services.blockchain_connector.performer.service import Performer, Refused
from services.shared.chain.client import ChainClient

OVERDUE_S: Final = 900.0
_ID: Final = re.compile(r"([a-z1-5.]{1,13})~([a-z1-5.]{1,13})~([0-9]{1,10})~([0-9]{1,10})")


@dataclass(frozen=True)
class Overdue:
    """An event that its box has not answered. Times in seconds since the epoch; `slot` is the slot's start."""

    box: str
    market: str
    point: int
    slot: int
    kind: str
    raised_at: int

    @property
    def id(self) -> str:
        return f"{self.box}~{self.market}~{self.point}~{self.slot}"


def box_of(event_id: str) -> str:
    """The account in an `Overdue.id`."""
    return event_id.partition("~")[0]


class OverdueEvents:
    """Read from the chain each time: nothing is kept that could be wrong. Raises ChainUnavailable."""

    def __init__(self, chain: ChainClient, performer: Performer) -> None:
        self._chain = chain
        self._performer = performer

    def all(self) -> list[Overdue]:
        """The oldest first."""
        found: list[Overdue] = []
        with self._chain.one_node():
            before = self._chain.info().head_block_time - OVERDUE_S
            for box in self._chain.scopes("tbiclsbox", "events"):
                rows = self._chain.rows("tbiclsbox", box, "events")
                found += [
                    Overdue(box, row["market"], row["point"], row["slot"], row["kind"], row["raised_at"])
                    for row in rows
                    if row["raised_at"] <= before
                ]
        return sorted(found, key=lambda event: (event.raised_at, event.id))

    def retry(self, event_id: str) -> bool | None:
        """Raise the event again, as the operator (M-EVT-02), unless it still stands on the chain for its box to fetch.

        Whether it is to be answered now (False: it was delivered already). None: no event is named like that. Twice is
        once: the order's key is the event's id.
        """
        named = _ID.fullmatch(event_id)
        if named is None:
            return None
        box, market, point, slot = named[1], named[2], int(named[3]), int(named[4])
        if self._stands(box, market, point, slot):
            return True
        data = {"market": market, "box": box, "kind": "senddata", "point": point, "slot": slot}
        key = f"overdue {event_id}"  # with a blank: no caller's Idempotency-Key is like it
        try:
            self._performer.submit(key, [Call("tbiclsbox", "raise", {**data, "energy_wh": 0, "buyer": ""})])
        except Refused as refused:
            self._performer.forget_refusal(key)
            if refused.refusal.rule == "M-EVT-03":  # delivered, or pending again, meanwhile
                return self._stands(box, market, point, slot)
            if refused.refusal.rule is not None and refused.refusal.rule.startswith(("M-REG", "M-MKT", "M-EVT")):
                return None
            raise
        return True

    def _stands(self, box: str, market: str, point: int, slot: int) -> bool:
        due = slot << 32 | point
        rows = self._chain.rows("tbiclsbox", box, "events", lower=due, upper=due, index=2)
        return any(row["market"] == market for row in rows)
