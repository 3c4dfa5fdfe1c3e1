"""Events by hand (M-EVT-02): from the words of the public interface to the action `tbiclsbox::raise`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from market.values import salted_hash
from services.blockchain_connector.domain import OPERATOR, Call
from services.blockchain_connector.participants import Numbers
from services.blockchain_connector.performer.authority import NotPermitted
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import NotFound
from services.shared.times import parse_epoch

_HASH = re.compile(r"[0-9a-f]{64}")
_POINT_ID = re.compile(r"[0-9]{1,9}")
_BY_PREFIX = 2


class UnknownTime(ValueError):  # noqa: N818 - the name says what happened
    """Not a time of ISO 8601."""


@dataclass(frozen=True)
class EventByHand:
    """`unit_or_meter`: a unit's MaStR number or a meter's serial number, its salted hash (64 hex digits), or the
    metering point's id."""

    market: str
    account: str
    kind: str
    unit_or_meter: str
    slot_start: str
    energy_wh: int = 0
    buyer: str = ""


class Participants(Protocol):
    def numbers(self) -> Iterable[Numbers]:
        """Salts and numbers of all participants. Raises ManagerSilent, ManagerWrong."""


class EventCalls:
    """Raises NotFound, NotPermitted, UnknownTime, ChainUnavailable, ManagerSilent, ManagerWrong."""

    def __init__(self, chain: ChainClient, participants: Participants) -> None:
        self._chain = chain
        self._participants = participants

    def call(self, event: EventByHand) -> Call:
        """The action for the event."""
        if event.account.lower() != OPERATOR:
            raise NotPermitted(f"Events by hand are raised as {OPERATOR}.")
        slot = epoch(event.slot_start)
        point = self._point(event.market, event.unit_or_meter)
        data = {
            "market": event.market,
            "box": point["box"],
            "kind": event.kind.lower().replace("_", ""),
            "point": point["id"],
            "slot": slot,
            "energy_wh": event.energy_wh,
            "buyer": event.buyer,
        }
        return Call("tbiclsbox", "raise", data)

    def _point(self, market: str, unit_or_meter: str) -> dict[str, Any]:
        if _HASH.fullmatch(unit_or_meter):
            found = self._by_hash(market, "points", unit_or_meter)
            unit = None if found else self._by_hash(market, "units", unit_or_meter)
            return found or self._by_id(market, unit["point"] if unit else 0)
        if _POINT_ID.fullmatch(unit_or_meter):
            known = self._points(market, int(unit_or_meter))
            if known:
                return known[0]
        return self._by_number(market, unit_or_meter)

    def _by_number(self, market: str, number: str) -> dict[str, Any]:
        """The number stands on the chain as a hash with its participant's salt, so his salt must be found.

        The participants whose record lists the number come first: a meter may have been another's before.
        """
        everybody = list(self._participants.numbers())
        listed = [one for one in everybody if number in one.numbers]
        digests = {salted_hash(bytes.fromhex(one.salt), number).hex() for one in listed or everybody}
        for table in ("points", "units"):
            rows = self._chain.rows("tbiclsbox", market, table)
            found = max((row for row in rows if row["hash"] in digests), key=lambda row: row["id"], default=None)
            if found is not None:
                return found if table == "points" else self._by_id(market, found["point"])
        raise NotFound(f"no metering point or unit in the market {market} has this number")

    def _by_hash(self, market: str, table: str, digest: str) -> dict[str, Any] | None:
        prefix = int(digest[:16], 16)
        rows = self._chain.rows("tbiclsbox", market, table, lower=prefix, upper=prefix, index=_BY_PREFIX)
        return next((row for row in rows if row["hash"] == digest), None)

    def _by_id(self, market: str, point: int) -> dict[str, Any]:
        rows = self._points(market, point)
        if not rows:
            raise NotFound(f"no such metering point or unit in the market {market}")
        return rows[0]

    def _points(self, market: str, point: int) -> list[dict[str, Any]]:
        return self._chain.rows("tbiclsbox", market, "points", lower=point, upper=point, limit=1)


def epoch(text: str) -> int:
    """Seconds since the epoch of ISO 8601; without an offset it is the time in Berlin. Raises UnknownTime."""
    try:
        return parse_epoch(text)
    except ValueError as error:
        raise UnknownTime(str(error)) from error
