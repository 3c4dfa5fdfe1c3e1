"""The chain's tables, as the keeper reads them."""

from __future__ import annotations

from services.blockchain_connector.keeper.domain import Clock, Point, Row, SlotRows
from services.shared.chain.client import ChainClient

_LAST_ID = 2**32 - 1
_OPEN_STATUS = 0
_BY_SLOT_AND_SELLER, _BY_DUE = 2, 4  # indexes of tbimarket's offers


class Tables:
    """Raises ChainUnavailable."""

    def __init__(self, chain: ChainClient) -> None:
        self._chain = chain
        self._points: dict[str, tuple[int, tuple[Point, ...]]] = {}

    def now(self) -> int:
        """The time of the block that is being made: what a contract sees when it is called now."""
        return int(self._chain.info().head_block_time + 0.5)

    def clocks(self) -> list[Clock]:
        """All markets."""
        markets = self._chain.rows("tbimarket", "tbimarket", "markets")
        return [Clock.of(market, self._chain.rows("tbimarket", market["market"], "params")) for market in markets]

    def counters(self, market: str) -> Row | None:
        rows = self._chain.rows("tbiclsbox", market, "counters", limit=1)
        return rows[0] if rows else None

    def points(self, market: str, count: int) -> tuple[Point, ...]:
        """All metering points. They never change, so they are read again only when there are more."""
        known = self._points.get(market)
        if known is None or known[0] != count:
            rows = self._chain.rows("tbiclsbox", market, "points")
            known = (count, tuple(Point(row["id"], row["account"], row["since"]) for row in rows))
            self._points[market] = known
        return known[1]

    def due_offers(self, market: str, now: int, limit: int) -> list[Row]:
        """Open offers whose auction has closed, the earliest first."""
        lower = _OPEN_STATUS << 32
        rows = self._chain.rows(
            "tbimarket", market, "offers", index=_BY_DUE, lower=lower, upper=lower | now, limit=limit
        )
        return list(rows)

    def slot(self, market: str, slot: int) -> SlotRows:
        lower, upper = slot << 32, slot << 32 | _LAST_ID
        state = self._chain.rows("tbimarket", market, "slots", lower=slot, upper=slot, limit=1)
        offers = self._chain.rows("tbimarket", market, "offers", index=_BY_SLOT_AND_SELLER, lower=lower, upper=upper)
        readings = self._chain.rows("tbimarket", market, "readings", lower=lower, upper=upper)
        undecided, pending = (state[0]["undecided"], state[0]["pending"]) if state else (0, 0)
        return SlotRows(slot, undecided, pending, tuple(offers), tuple(readings))

    def next_slot(self, market: str, at_least: int) -> int | None:
        """The earliest slot from `at_least` on that has any rows."""
        if at_least > _LAST_ID:
            return None
        key = at_least << 32
        rows = self._chain.rows
        offers = rows("tbimarket", market, "offers", index=_BY_SLOT_AND_SELLER, lower=key, limit=1)
        readings = rows("tbimarket", market, "readings", lower=key, limit=1)
        forecasts = rows("tbimarket", market, "forecasts", lower=key, limit=1)
        slots = rows("tbimarket", market, "slots", lower=at_least, limit=1)
        found = [row["slot"] for row in (*offers, *slots)] + [row["key"] >> 32 for row in (*readings, *forecasts)]
        return min(found, default=None)

    def boxes(self, market: str) -> list[str]:
        return [row["box"] for row in self._chain.rows("tbiclsbox", market, "boxes")]

    def passives(self, market: str) -> list[Row]:
        """All passive contracts: a few for each unit at most (M-RAM-03)."""
        return list(self._chain.rows("tbimarket", market, "passives"))

    def first_events(self, box: str, limit: int) -> list[Row]:
        """The box's earliest events, of all markets."""
        return list(self._chain.rows("tbiclsbox", box, "events", index=2, limit=limit))
