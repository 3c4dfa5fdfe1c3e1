"""Events by hand (M-EVT-02): from the words of the public interface to the action `tbiclsbox::raise`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.blockchain_connector.domain import OPERATOR, Call
from services.blockchain_connector.performer.authority import NotPermitted
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import NotFound

_HASH = re.compile(r"[0-9a-f]{64}")
_BY_PREFIX = 2
_LOCAL = ZoneInfo("Europe/Berlin")


class UnknownTime(ValueError):  # noqa: N818 - the name says what happened
    """Not a time of ISO 8601."""


@dataclass(frozen=True)
class EventByHand:
    """`unit_or_meter`: the salted hash (64 hex digits) of a meter's or unit's number, or the metering point's id."""

    market: str
    account: str
    kind: str
    unit_or_meter: str
    slot_start: str
    energy_wh: int = 0
    buyer: str = ""


class EventCalls:
    """Raises NotFound, NotPermitted, UnknownTime, ChainUnavailable."""

    def __init__(self, chain: ChainClient) -> None:
        self._chain = chain

    def call(self, event: EventByHand) -> Call:
        """The action for the event."""
        if event.account.lower() != OPERATOR:
            raise NotPermitted(f"Events by hand are raised as {OPERATOR}.")
        point = self._point(event.market, event.unit_or_meter)
        data = {
            "market": event.market,
            "box": point["box"],
            "kind": event.kind.lower(),
            "point": point["id"],
            "slot": epoch(event.slot_start),
            "energy_wh": event.energy_wh,
            "buyer": event.buyer,
        }
        return Call("tbiclsbox", "raise", data)

    def _point(self, market: str, unit_or_meter: str) -> dict[str, Any]:
        if _HASH.fullmatch(unit_or_meter):
            found = self._by_hash(market, "points", unit_or_meter)
            unit = None if found else self._by_hash(market, "units", unit_or_meter)
            return found or self._by_id(market, unit["point"] if unit else 0)
        return self._by_id(market, int(unit_or_meter))

    def _by_hash(self, market: str, table: str, digest: str) -> dict[str, Any] | None:
        prefix = int(digest[:16], 16)
        rows = self._chain.rows("tbiclsbox", market, table, lower=prefix, upper=prefix, index=_BY_PREFIX)
        return next((row for row in rows if row["hash"] == digest), None)

    def _by_id(self, market: str, point: int) -> dict[str, Any]:
        rows = self._chain.rows("tbiclsbox", market, "points", lower=point, upper=point, limit=1)
        if not rows:
            raise NotFound(f"no such metering point or unit in the market {market}")
        return rows[0]


def epoch(text: str) -> int:
    """Seconds since the epoch of ISO 8601; without an offset it is the time in Berlin. Raises UnknownTime."""
    try:
        moment = datetime.fromisoformat(text)
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).timestamp())
    except (ValueError, OverflowError) as error:
        raise UnknownTime(f"{text!r:.40} is not a time such as 2026-11-22T07:15:00Z") from error
    if not 0 <= seconds < 2**32:
        raise UnknownTime(f"{text!r:.40} is a time that no slot has")
    return seconds
