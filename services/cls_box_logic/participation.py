"""Where the box takes part: its points and units in each market, found on the chain by their salted hashes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from market.values import EosName
from services.cls_box_logic.connector import Connector
from services.cls_box_logic.domain.delivery import OwnPoint, OwnUnit
from services.cls_box_logic.errors import Unknown
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.provisioning import Box, Meter

_log = logging.getLogger(__name__)

KEEP_MS = 20_000


@dataclass(frozen=True, slots=True)
class Seat:
    """One point of this box in a market, as `tbiclsbox.boxpoints` tells."""

    market: EosName
    point: int
    slot_s: int


class Participation:
    """Reads through the connector; keeps nothing but the last answer for those who cannot wait."""

    def __init__(self, box: Box, ownership: Ownership, connector: Connector, clock_ms: Callable[[], int]) -> None:
        self._box = box
        self._ownership = ownership
        self._connector = connector
        self._clock_ms = clock_ms
        self._points: dict[EosName, tuple[int, list[OwnPoint]]] = {}
        self._strays: dict[EosName, dict[int, str]] = {}
        self._lock = threading.Lock()
        self._seats: tuple[Seat, ...] | None = None

    def refresh(self) -> tuple[Seat, ...]:
        """The seats as the chain has them now; none while the box has no account. Raises ChainAway, ConnectorBroken."""
        account = self._ownership.known_account()
        rows = [] if account is None else self._connector.rows("tbiclsbox", "boxpoints", account)
        seats = tuple(Seat(EosName(row["market"]), int(row["point"]), int(row["slot_s"])) for row in rows)
        with self._lock:
            self._seats = seats
        return seats

    def seats(self) -> tuple[Seat, ...]:
        """The seats as they were read last; read now when they never were. Raises ChainAway, ConnectorBroken."""
        with self._lock:
            known = self._seats
        return self.refresh() if known is None else known

    def known_seats(self) -> tuple[Seat, ...]:
        """The seats as they were read last, without asking."""
        with self._lock:
            return self._seats or ()

    def slot_s(self, market: EosName) -> int:
        """The market's slot length. Raises Unknown when the box takes no part there, ChainAway, ConnectorBroken."""
        found = _slot_s(self.known_seats(), market) or _slot_s(self.refresh(), market)
        if found is None:
            raise Unknown(f"this box takes no part in the market {market}; it is registered there by the operator")
        return found

    def points(self, market: EosName) -> list[OwnPoint]:
        """The box's points in a market with their units, at most KEEP_MS old. Raises ChainAway, ConnectorBroken.

        Without those that its provisioning file does not know (`check_point`): they keep no other meter waiting.
        """
        now = self._clock_ms()
        with self._lock:
            read_ms, points = self._points.get(market, (-KEEP_MS, []))
        if 0 <= now - read_ms < KEEP_MS:
            return points
        return self._read_points(market, now)

    def _read_points(self, market: EosName, now_ms: int) -> list[OwnPoint]:
        numbers = [seat.point for seat in self.refresh() if seat.market == market]
        points, strays = [], {}
        for number in sorted(numbers):
            try:
                points.append(self._point(market, number))
            except Unknown as error:
                strays[number] = str(error)
        with self._lock:
            known = self._strays.get(market, {})
            self._points[market], self._strays[market] = (now_ms, points), strays
        for number, why in strays.items():
            if known.get(number) != why:
                _log.error("point %d of the market %s is not delivered: %s", number, market, why)
        return points

    def check_point(self, market: EosName, number: int) -> None:
        """Raises Unknown for a point that is the box's on the chain, and not in its provisioning file."""
        with self._lock:
            why = self._strays.get(market, {}).get(number)
        if why is not None:
            raise Unknown(why)

    def unit(self, market: EosName, mastr_nr: str) -> int:
        """The id of a unit in a market. Raises Unknown, ChainAway, ConnectorBroken."""
        found = _unit_id(self.points(market), mastr_nr) or _unit_id(
            self._read_points(market, self._clock_ms()), mastr_nr
        )
        if found is not None:
            return found
        raise Unknown(f"{mastr_nr} is not registered in the market {market}; the operator registers it")

    def participant(self, market: EosName) -> int:
        """The box's participant id in a market. Raises NoAccount, Unknown, ChainAway, ConnectorBroken."""
        account = self._ownership.account()
        rows = self._connector.rows("tbiclsbox", "participants", market)
        for row in rows:
            if row["account"] == account:
                return int(row["id"])
        raise Unknown(f"{account} takes no part in the market {market}")

    def _point(self, market: EosName, number: int) -> OwnPoint:
        row = self._row(market, "points", number)
        meter = self._meter(str(row["hash"]))
        return OwnPoint(
            number,
            meter.serial_number,
            meter.component,
            int(row["since"]),
            tuple(self._unit(market, unit) for unit in row["units"]),
        )

    def _unit(self, market: EosName, number: int) -> OwnUnit:
        found = str(self._row(market, "units", number)["hash"])
        for unit in self._box.units:
            if self._box.hash_of(unit.mastr_nr) == found:
                return OwnUnit(number, unit.mastr_nr, unit.component)
        raise Unknown(f"unit {number} of the market {market} is not in this box's provisioning file: add it there")

    def _meter(self, found: str) -> Meter:
        for meter in self._box.meters:
            if self._box.hash_of(meter.serial_number) == found:
                return meter
        raise Unknown("a metering point of this box is not in its provisioning file: add it there, or see the salt")

    def _row(self, market: EosName, table: str, number: int) -> dict[str, Any]:
        rows = self._connector.rows("tbiclsbox", table, market, lower=number, upper=number)
        if not rows:
            raise Unknown(f"the market {market} has no row {number} in {table}")
        return rows[0]


def _slot_s(seats: Iterable[Seat], market: EosName) -> int | None:
    return next((seat.slot_s for seat in seats if seat.market == market), None)


def _unit_id(points: Iterable[OwnPoint], mastr_nr: str) -> int | None:
    return next((unit.id for point in points for unit in point.units if unit.mastr_nr == mastr_nr), None)
