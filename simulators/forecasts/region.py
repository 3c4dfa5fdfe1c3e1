"""A region's forecast for a day: what stands in a workbook, whatever it will look like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from simulators.forecasts import profiles, sun
from simulators.forecasts.profiles import LOCAL, QUARTER_S


@dataclass(frozen=True, slots=True)
class Plant:
    """A photovoltaic plant with a forecast of its own."""

    mastr_nr: str
    peak_kw: float


@dataclass(frozen=True, slots=True)
class Column:
    """One series of a day. `norm_kwh` is set for a profile. `values` are kWh in each quarter hour."""

    unit_type: str
    values: tuple[float | None, ...]
    mastr_nr: str | None = None
    norm_kwh: int | None = None


@dataclass(frozen=True, slots=True)
class DayForecast:
    """A local day's quarter hours (92, 96 or 100) with their series."""

    day: date
    issued_at: datetime
    quarters: tuple[int, ...]
    columns: tuple[Column, ...]


def quarters_of(day: date) -> tuple[int, ...]:
    """The starts of a day's quarter hours in Europe/Berlin, in seconds since the epoch."""
    begin, end = (
        int(datetime(d.year, d.month, d.day, tzinfo=LOCAL).timestamp()) for d in (day, day + timedelta(days=1))
    )
    return tuple(range(begin, end, QUARTER_S))


def forecast(
    day: date, plants: tuple[Plant, ...], *, seed: int = 1, norm_kwh: int = 1_000_000, issued_at: datetime | None = None
) -> DayForecast:
    """The same seed and day, the same forecast. Issued at 6:00 of the day before unless `issued_at` says otherwise."""
    quarters = quarters_of(day)
    issued = issued_at or datetime(day.year, day.month, day.day, 6, tzinfo=LOCAL).astimezone(UTC) - timedelta(days=1)
    columns = [
        Column(
            "PV",
            tuple(round(sun.generation_kw(quarter, plant.peak_kw, seed) / 4, 6) for quarter in quarters),
            mastr_nr=plant.mastr_nr,
        )
        for plant in plants
    ]
    columns += [
        Column(
            code,
            tuple(round(profiles.energy_kwh(code, quarter, norm_kwh), 6) for quarter in quarters),
            norm_kwh=norm_kwh,
        )
        for code in profiles.TYPES
    ]
    return DayForecast(day, issued, quarters, tuple(columns))
