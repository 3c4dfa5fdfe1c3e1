"""Which metering points of a market are whose: the chain's registry holds hashes, the participant records names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from market.values import salted_hash
from services.forecast_connector.connector import Connector
from services.forecast_connector.domain.planning import Market, PointRecord, RegisteredPoint
from services.forecast_connector.participants import MeteringPoint, Participants, points_of

_LAST_ID = 2**32 - 1
_CHUNK = 32


@dataclass
class _Known:
    """Points and units of a market, as long as its counters say that none have come."""

    counts: tuple[int, int]
    points: Mapping[str, int]
    units: Mapping[str, tuple[int, int]]


class Registry:
    """Reads the chain through the connector. Raises ConnectorAway, ConnectorRefused, ForecastError."""

    def __init__(self, connector: Connector, participants: Participants) -> None:
        self._connector = connector
        self._participants = participants
        self._known: dict[str, _Known] = {}

    def markets(self, now: int, names: Sequence[str] | None) -> list[Market]:
        """The markets of these names (None: all) that are open and have not ended, the shortest slots first."""
        rows = self._connector.rows("tbimarket", "markets", "tbimarket")
        wanted = [row for row in rows if names is None or row["market"] in names]
        live = [row for row in wanted if not row["until"] or row["until"] > now]
        found = [Market.of(row, self._connector.rows("tbimarket", "params", str(row["market"]))) for row in live]
        return sorted(found, key=lambda market: (market.slot_s, market.name))

    def points(self, market: str) -> list[RegisteredPoint]:
        """The market's points that a participant record names, with those of their units that are registered."""
        known = self._registered(market)
        found = (_matched(point, known) for _, point in points_of(self._participants))
        return [point for point in found if point is not None]

    def recorded(self, market: str, slots: list[int]) -> dict[int, list[PointRecord]]:
        """What stands on the chain for these slots."""
        found: dict[int, list[PointRecord]] = {}
        if not slots:
            return found
        wanted = set(slots)
        rows = self._connector.rows(
            "tbimarket", "forecasts", market, lower=min(slots) << 32, upper=max(slots) << 32 | _LAST_ID
        )
        for row in rows:
            slot = int(row["key"]) >> 32
            if slot in wanted:
                found.setdefault(slot, []).append(PointRecord.of(row))
        return found

    def _registered(self, market: str) -> _Known:
        counters = self._connector.rows("tbiclsbox", "counters", market)
        counts = (int(counters[0]["points"]), int(counters[0]["units"])) if counters else (0, 0)
        known = self._known.get(market)
        if known is None or known.counts != counts:
            points = {str(row["hash"]): int(row["id"]) for row in self._rows(market, "points")}
            units = {str(row["hash"]): (int(row["id"]), int(row["point"])) for row in self._rows(market, "units")}
            known = self._known[market] = _Known(counts, points, units)
        return known

    def _rows(self, market: str, table: str) -> list[dict[str, Any]]:
        return self._connector.rows("tbiclsbox", table, market)


def _matched(point: MeteringPoint, known: _Known) -> RegisteredPoint | None:
    if not point.salt:
        return None
    salt = bytes.fromhex(point.salt)
    number = known.points.get(salted_hash(salt, point.serial_number).hex())
    if number is None:
        return None
    units = {}
    for mastr_nr in point.point.units:
        unit, of_point = known.units.get(salted_hash(salt, mastr_nr).hex(), (0, 0))
        if unit and of_point == number:
            units[mastr_nr] = unit
    return RegisteredPoint(number, point.point, units)
