"""The historic calls of JSON-RPC, over what the Edge has recorded itself.

As rrd4j does it today: powers as averages of 5 minutes, counters by the hour. Energy of less than an hour is therefore
null: whoever needs quarter hours samples the counters himself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from simulators.openems.channels import Channel
from simulators.openems.errors import generic, no_member, not_fitting
from simulators.openems.history import HOUR_MS, History
from simulators.openems.household import MARK_MS

_UNITS_S = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400}
_DEFAULT_MINUTES = ((1, 5), (2, 10), (3, 15), (4, 20), (6, 30), (12, 60), (24, 120), (48, 240))
_MAX_PERIODS = 200_000

Params = dict[str, Any]


class Timedata:
    """Answers the queries; `channels` are those that exist, by address."""

    def __init__(self, history: History, channels: dict[str, Channel]) -> None:
        self._history = history
        self._channels = channels

    def data(self, params: Params) -> dict[str, Any]:
        """queryHistoricTimeseriesData: `timestamps` and `data` {address: [number or null]}."""
        begin, end = _range(params)
        resolution = _resolution_ms(params, begin, end)
        starts = list(range(_ms(begin), _ms(end), resolution))
        averages = self._history.averages(_ms(begin), _ms(end))
        counters = self._history.counters(_ms(begin), _ms(end))
        data: dict[str, list[float | None]] = {}
        for address in self._known(params):
            cumulated = self._channels[address].cumulated
            recorded, step = (counters, HOUR_MS) if cumulated else (averages, MARK_MS)
            data[address] = [_mean(recorded, address, start, resolution, step) for start in starts]
        return {"timestamps": [_iso(start) for start in starts], "data": data}

    def energy(self, params: Params) -> dict[str, Any]:
        """queryHistoricTimeseriesEnergy: `data` {address: Wh between the first and the last hour, or null}."""
        begin, end = _range(params)
        counters = self._history.counters(_ms(begin), _ms(end))
        return {"data": {address: _difference(counters, address) for address in self._known(params)}}

    def energy_per_period(self, params: Params) -> dict[str, Any]:
        """queryHistoricTimeseriesEnergyPerPeriod: as `data`, Wh of each period; null for less than an hour."""
        begin, end = _range(params)
        periods = list(_periods(params, begin, end))
        data: dict[str, list[float | None]] = {}
        for address in self._known(params):
            data[address] = [
                _difference(self._history.counters(start, stop), address) if stop - start >= HOUR_MS else None
                for start, stop in periods
            ]
        return {"timestamps": [_iso(start) for start, _ in periods], "data": data}

    def _known(self, params: Params) -> list[str]:
        addresses = params.get("channels")
        if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
            raise no_member("channels")
        known = [address for address in addresses if address in self._channels]
        if not known:
            raise generic("None of the requested Channels is available: " + ", ".join(addresses))
        return known


def _range(params: Params) -> tuple[datetime, datetime]:
    """From midnight of fromDate to midnight after toDate, in the given time zone."""
    zone = _zone(params.get("timezone", "UTC"))
    first, last = (_day(params, name) for name in ("fromDate", "toDate"))
    if last < first:
        raise not_fitting("toDate", "on or after fromDate")
    begin = datetime.combine(first, time(), zone)
    return begin, datetime.combine(last + timedelta(days=1), time(), zone)


def _zone(value: Any) -> ZoneInfo | timezone:
    try:
        if isinstance(value, int) and not isinstance(value, bool):  # user interfaces before 2022.4 gave seconds
            return timezone(timedelta(seconds=value))
        return ZoneInfo(value)
    except Exception as error:
        raise not_fitting("timezone", "a time zone") from error


def _day(params: Params, name: str) -> date:
    if name not in params:
        raise no_member(name)
    try:
        return date.fromisoformat(params[name])
    except (TypeError, ValueError) as error:
        raise not_fitting(name, "a date such as 2026-11-22") from error


def _resolution_ms(params: Params, begin: datetime, end: datetime) -> int:
    if "resolution" in params:
        value, unit = _resolution(params["resolution"])
        if unit == "Months":
            raise not_fitting("resolution", "a unit with a fixed length")
        milliseconds = value * _UNITS_S[unit] * 1000
    else:
        days = round((end - begin) / timedelta(days=1))
        minutes = next((minutes for up_to, minutes in _DEFAULT_MINUTES if days <= up_to), 1440)
        milliseconds = minutes * 60_000
    if (_ms(end) - _ms(begin)) // milliseconds > _MAX_PERIODS:
        raise not_fitting("resolution", "coarse enough for this range")
    return milliseconds


def _resolution(value: Any) -> tuple[int, str]:
    if not isinstance(value, dict):
        raise not_fitting("resolution", "an object with value and unit")
    number, unit = value.get("value"), value.get("unit")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= 1_000_000:
        raise not_fitting("resolution.value", "a number above 0")
    if not isinstance(unit, str) or unit not in (*_UNITS_S, "Months"):
        raise not_fitting("resolution.unit", "one of Seconds, Minutes, Hours, Days, Months")
    return number, unit


def _periods(params: Params, begin: datetime, end: datetime) -> Iterator[tuple[int, int]]:
    if "resolution" not in params:
        raise no_member("resolution")
    value, unit = _resolution(params["resolution"])
    if unit in ("Seconds", "Minutes", "Hours"):
        step = _resolution_ms(params, begin, end)
        yield from ((start, min(start + step, _ms(end))) for start in range(_ms(begin), _ms(end), step))
        return
    start = begin  # a day or month follows the local calendar, so that it has 23 or 25 hours at a change of time
    while start < end:
        stop = min(end, start + timedelta(days=value) if unit == "Days" else _months_later(start, value))
        yield _ms(start), _ms(stop)
        start = stop


def _months_later(day: datetime, months: int) -> datetime:
    month = day.year * 12 + day.month - 1 + months
    return day.replace(year=month // 12, month=month % 12 + 1, day=1)


def _mean(recorded: dict[int, dict[str, float]], address: str, start: int, length: int, step: int) -> float | None:
    if length < step:  # each shorter piece shows the value of the longer one that it lies in
        return recorded.get(start // step * step, {}).get(address)
    values = [recorded[at][address] for at in range(start, start + length, step) if address in recorded.get(at, {})]
    return sum(values) / len(values) if values else None


def _difference(counters: dict[int, dict[str, float]], address: str) -> float | None:
    values = [counters[at][address] for at in sorted(counters) if address in counters[at]]
    return values[-1] - values[0] if len(values) > 1 else None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat().replace("+00:00", "Z")
