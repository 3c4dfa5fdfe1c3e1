"""A day's forecast as a workbook, in the ways that utilities write them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from openpyxl import Workbook

from simulators.forecasts.profiles import LOCAL, QUARTER_S
from simulators.forecasts.region import Column, DayForecast

Rows = Sequence[Sequence[Any]]
Layout = Literal["wide", "long"]
Unit = Literal["kWh", "kW"]
TimeStyle = Literal["datetime", "serial", "text", "clock", "utc", "range"]
NumberStyle = Literal["number", "german"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a workbook looks. All say the same."""

    layout: Layout = "wide"
    unit: Unit = "kWh"
    times: TimeStyle = "datetime"
    numbers: NumberStyle = "number"


STYLES: dict[str, Style] = {
    "wide": Style(),
    "kilowatts": Style(unit="kW"),
    "serials": Style(times="serial"),
    "texts": Style(times="text", numbers="german"),
    "clock": Style(times="clock"),
    "ranges": Style(times="range"),
    "utc": Style(times="utc"),
    "long": Style(layout="long"),
    "long_german": Style(layout="long", times="text", numbers="german", unit="kW"),
}


def rows_of(forecast: DayForecast, style: Style = Style()) -> list[list[Any]]:
    """The rows of the workbook's sheet, the facts above the table included."""
    issued = forecast.issued_at.astimezone(LOCAL)
    facts: list[list[Any]] = [
        ["Prognose", "Stadtwerke (Simulation)"],
        ["Ausgegeben am", issued.strftime("%d.%m.%Y %H:%M:%S")],
        ["Datum", forecast.day.strftime("%d.%m.%Y")],
    ]
    if style.times == "utc":
        facts.append(["Zeitzone", "UTC"])
    table = _long(forecast, style) if style.layout == "long" else _wide(forecast, style)
    return [*facts, [], *table]


def write(sheets: dict[str, Rows], *, modified: datetime | None = None) -> bytes:
    """A workbook of these sheets. `modified` is what its properties say; the time of writing when left out."""
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue() if modified is None else _stamped(buffer, modified)


def _stamped(content: io.BytesIO, modified: datetime) -> bytes:
    """openpyxl says the time of saving, whatever it is told: the properties are written once more."""
    stamped = io.BytesIO()
    moment = modified.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(stamped, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), data)
            new.writestr(entry, data)
    return stamped.getvalue()


def workbook(forecast: DayForecast, style: Style = Style()) -> bytes:
    """The forecast as a workbook."""
    return write({"Prognose": rows_of(forecast, style)})


def _wide(forecast: DayForecast, style: Style) -> Iterable[list[Any]]:
    yield ["Zeit", *(_head(column) for column in forecast.columns)]
    yield ["Einheit", *(style.unit for _ in forecast.columns)]
    yield ["Norm", *(column.norm_kwh for column in forecast.columns)]
    show = _number(style)
    times = labels(forecast.quarters, style.times)
    for index, time in enumerate(times):
        yield [time, *(show(column.values[index]) for column in forecast.columns)]


def _long(forecast: DayForecast, style: Style) -> Iterable[list[Any]]:
    yield ["Zeit", "MaStR-Nr", "Typ", f"Wert [{style.unit}]", "Norm"]
    show = _number(style)
    times = labels(forecast.quarters, style.times)
    for column in forecast.columns:
        for time, value in zip(times, column.values, strict=True):
            yield [time, column.mastr_nr, column.unit_type, show(value), column.norm_kwh]


def _head(column: Column) -> str:
    return f"{column.unit_type} {column.mastr_nr}" if column.mastr_nr else column.unit_type


def _number(style: Style) -> Callable[[float | None], Any]:
    factor = 4 if style.unit == "kW" else 1

    def show(value: float | None) -> Any:
        if value is None:
            return None
        amount = round(value * factor, 6)
        return f"{amount:.6f}".replace(".", ",") if style.numbers == "german" else amount

    return show


def labels(quarters: Sequence[int], style: TimeStyle) -> list[Any]:
    """What stands in the time column. In autumn the hour that comes twice is marked A and B where the style has texts,
    and repeated where it has not."""
    return [_LABELS[style](quarter) for quarter in quarters]


def _wall(quarter: int) -> datetime:
    return datetime.fromtimestamp(quarter, LOCAL).replace(tzinfo=None)


def _mark(quarter: int) -> str:
    """A or B in the hour that comes twice."""
    here = datetime.fromtimestamp(quarter, LOCAL)
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return ("B" if here.fold else "A") if twice else ""


def _clock(quarter: int) -> str:
    wall = _wall(quarter)
    return f"{wall.hour:02d}{_mark(quarter)}:{wall.minute:02d}"


def _serial(quarter: int) -> float:
    """Excel's days since 30 December 1899, with the noise of a sum of fractions."""
    wall = _wall(quarter) - datetime(1899, 12, 30)
    return wall.days + wall.seconds / 86_400 + 3e-7


_LABELS: dict[TimeStyle, Callable[[int], Any]] = {
    "datetime": _wall,
    "serial": _serial,
    "text": lambda quarter: f"{_wall(quarter):%d.%m.%Y} {_clock(quarter)}",
    "clock": _clock,
    "utc": lambda quarter: datetime.fromtimestamp(quarter, UTC).replace(tzinfo=None),
    "range": lambda quarter: f"{_clock(quarter)}-{_clock(quarter + QUARTER_S)}",
}
