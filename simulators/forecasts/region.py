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


@dataclass(frozen=True, slots=True)
class Issue:
    """One of the times at which a day is forecast: `days_before` it at `hour`, knowing less the larger `outlook` is."""

    days_before: int
    hour: int
    outlook: float

    def at(self, day: date) -> datetime:
        """Its moment for a day."""
        return datetime(day.year, day.month, day.day, self.hour, tzinfo=LOCAL).astimezone(UTC) - timedelta(
            days=self.days_before
        )


ISSUES = (Issue(1, 6, 0.3), Issue(1, 18, 0.15), Issue(0, 6, 0.05), Issue(0, 10, 0.02))
"""The day before in the morning and in the evening, and twice on the day itself."""


def forecast(
    day: date,
    plants: tuple[Plant, ...],
    *,
    seed: int = 1,
    norm_kwh: int = 1_000_000,
    issued_at: datetime | None = None,
    codes: tuple[str, ...] = profiles.TYPES,
    outlook: float = 0.0,
) -> DayForecast:
    """The same seed and day, the same forecast. Issued at 6:00 of the day before unless `issued_at` says otherwise.

    Quarter hours that have begun by then are left blank for plants: nobody forecasts what has been.
    """
    quarters = quarters_of(day)
    issued = issued_at or ISSUES[0].at(day)
    columns = [
        Column(
            "PV",
            tuple(
                round(power / 4, 6) if quarter > issued.timestamp() else None
                for quarter, power in zip(
                    quarters, sun.generation_kw(quarters, plant.peak_kw, seed, outlook), strict=True
                )
            ),
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
        for code in codes
    ]
    return DayForecast(day, issued, quarters, tuple(columns))
