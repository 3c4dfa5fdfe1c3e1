"""The two layouts of a table: wide (a column for each series) and long (a row for each value)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from services.forecast_connector.domain.numbers import Converter
from services.forecast_connector.domain.series import Block, Series, UnitTypes
from services.forecast_connector.domain.times import day_blocks
from services.forecast_connector.workbook import words
from services.forecast_connector.workbook.columns import TimeColumns
from services.forecast_connector.workbook.findings import Findings, cell_name
from services.forecast_connector.workbook.frame import Facts, Row, is_blank
from services.forecast_connector.workbook.labels import Clock, Label, Labelled, parse_day, parse_label, resolve
from services.forecast_connector.workbook.words import Head

_HEAD_READERS: dict[str, tuple[frozenset[str], Callable[[Any], Any]]] = {
    "unit": (words.UNIT_WORDS, words.read_unit),
    "mastr_nr": (words.MASTR_WORDS, words.read_mastr),
    "unit_type": (words.TYPE_WORDS, words.read_type),
    "kind": (words.KIND_WORDS, words.read_kind),
    "norm": (words.NORM_WORDS, words.read_norm),
}


@dataclass
class Table:
    """A sheet's table: `heads` are its row of heads (its number is `head_row`), `rows` what stands below it."""

    sheet: str
    heads: Row
    head_row: int
    rows: Sequence[Row]
    facts: Facts
    types: UnitTypes
    findings: Findings
    serial_days: int = 0

    def blocks(self) -> list[Block]:
        """All that the table says; what is wrong goes to the findings."""
        time = TimeColumns.among(self.heads)
        if time is None:
            self._wrong("no column with the starts of the quarter hours (such as 'Zeit') among the heads")
            return []
        return list(_long(self, time) if _is_long(self.heads) else _wide(self, time))

    def clock(self, time: TimeColumns) -> Clock:
        return Clock(self.facts.day, bool(self.facts.utc), time.are_ends)

    def _wrong(self, text: str) -> None:
        self.findings.add(text, self.sheet, f"row {self.head_row}")

    def wrong_at(self, row: int, column: int, text: str) -> None:
        self.findings.add(text, self.sheet, cell_name(row, column))


def _labels(table: Table, time: TimeColumns, rows: Sequence[tuple[int, Row]]) -> Iterator[Labelled]:
    """The labels of rows that have one. Where only the first row of a day names the day, it holds for the others."""
    day = None
    for number, row in rows:
        try:
            if time.day is not None and not is_blank(_cell(row, time.day)):
                day = parse_day(_cell(row, time.day), table.serial_days)
        except ValueError as error:
            table.wrong_at(number, time.day or 0, str(error))
            continue
        value = _cell(row, time.time)
        if is_blank(value):
            table.wrong_at(number, time.time, "a row with values, but without a time")
            continue
        try:
            label = parse_label(value, table.serial_days)
        except ValueError as error:
            table.wrong_at(number, time.time, str(error))
            continue
        yield number, _on(label, day)


def _on(label: Label, day: Any) -> Label:
    return replace(label, day=day) if label.day is None and label.epoch is None else label


def _slots(table: Table, time: TimeColumns, rows: Sequence[tuple[int, Row]]) -> list[tuple[int, int]]:
    """Row numbers with their quarter hours, in ascending order."""
    found = []
    for number, slot in resolve(list(_labels(table, time, rows)), table.clock(time)):
        if isinstance(slot, str):
            table.wrong_at(number, time.time, slot)
        else:
            found.append((number, slot))
    return found


def _wide(table: Table, time: TimeColumns) -> Iterator[Block]:
    columns = {
        column: _read_head(table, column, head)
        for column, head in enumerate(table.heads)
        if column not in time.all and not is_blank(head)
    }
    body = _with_sub_heads(table, columns)
    slots = _slots(table, time, [(number, row) for number, row in body if not _is_sum(row, time)])
    _refuse_headless(table, time, columns, body)
    rows = dict(body)
    cuts = day_blocks([slot for _, slot in slots])
    for column, head in columns.items():
        if head is None:
            continue
        try:
            series, factor = words.series_of(head, table.facts.head, table.types)
        except ValueError as error:
            table.wrong_at(table.head_row, column, str(error))
            continue
        values = _column(table, column, factor, [(number, _cell(rows[number], column)) for number, _ in slots])
        yield from _blocks(series, slots, cuts, values)


def _blocks(
    series: Series, slots: list[tuple[int, int]], cuts: list[tuple[int, int]], values: list[int | None]
) -> Iterator[Block]:
    for begin, end in cuts:
        part = tuple(values[begin:end])
        if any(value is not None for value in part):
            yield Block(series, slots[begin][1], part)


def _column(table: Table, column: int, factor: Fraction, cells: list[tuple[int, Any]]) -> list[int | None]:
    convert = Converter(factor)
    values: list[int | None] = []
    for number, cell in cells:
        try:
            values.append(convert(cell))
        except ValueError as error:
            table.wrong_at(number, column, str(error))
            values.append(None)
    return values


def _read_head(table: Table, column: int, text: Any) -> Head | None:
    try:
        return words.read_head(text)
    except ValueError as error:
        table.wrong_at(table.head_row, column, str(error))
        return None


def _with_sub_heads(table: Table, columns: dict[int, Head | None]) -> list[tuple[int, Row]]:
    """The rows below the heads that say more of the columns (`Einheit`, `Norm`, ...) go into `columns`; the others
    that are not blank come back with their numbers."""
    body: list[tuple[int, Row]] = []
    for number, row in enumerate(table.rows, start=table.head_row + 1):
        if all(is_blank(cell) for cell in row):
            continue
        name = next((words.word(cell) for cell in row if not is_blank(cell)), "")
        said = next((said for said, (known, _) in _HEAD_READERS.items() if name in known), None)
        if body or said is None:
            body.append((number, row))
            continue
        for column in columns:
            _add_to_head(table, columns, (number, column), said, _cell(row, column))
    return body


def _add_to_head(table: Table, columns: dict[int, Head | None], place: tuple[int, int], said: str, value: Any) -> None:
    head = columns[place[1]]
    if head is None:
        return
    try:
        columns[place[1]] = head.joined(Head(**{said: _HEAD_READERS[said][1](value)}))
    except ValueError as error:
        table.wrong_at(*place, str(error))


def _refuse_headless(
    table: Table, time: TimeColumns, columns: dict[int, Head | None], body: list[tuple[int, Row]]
) -> None:
    """Values in a column without a head would be lost without a word."""
    known = time.all | set(columns)
    lost: set[int] = set()
    for number, row in body:
        for column in range(len(row)):
            if column not in known and column not in lost and not is_blank(row[column]):
                lost.add(column)
                table.wrong_at(number, column, "a value in a column without a head")


def _is_sum(row: Row, time: TimeColumns) -> bool:
    return any(words.word(_cell(row, column)) in words.SUM_WORDS for column in (time.time, time.day or 0))


def _is_long(heads: Row) -> bool:
    names = {_long_name(head) for head in heads}
    return "value" in names and bool(names & {"mastr_nr", "unit_type"})


def _long_name(head: Any) -> str | None:
    name = words.word(head)
    if name in words.VALUE_WORDS or name in ("energy_wh", "energy_kwh", "power_kw", "power_w"):
        return "value"
    return next((said for said, (known, _) in _HEAD_READERS.items() if name in known), None)


def _long(table: Table, time: TimeColumns) -> Iterator[Block]:
    named = {_long_name(head): column for column, head in enumerate(table.heads) if column not in time.all}
    columns = {name: column for name, column in named.items() if name is not None}
    unknown = [
        c
        for c, head in enumerate(table.heads)
        if c not in time.all and not is_blank(head) and c not in columns.values()
    ]
    for column in unknown:
        table.wrong_at(table.head_row, column, "a head that is not known in a list, or stands there twice")
    value_column = columns.pop("value")
    in_head = _unit_in_head(table, value_column)
    groups: dict[tuple[Series, Fraction], list[tuple[int, Row]]] = {}
    for number, row in enumerate(table.rows, start=table.head_row + 1):
        if all(is_blank(cell) for cell in row) or _is_sum(row, time):
            continue
        described = _row_series(table, number, row, columns, in_head)
        if described is not None:
            groups.setdefault(described, []).append((number, row))
    for (series, factor), rows in groups.items():
        by_number = dict(rows)
        slots = _slots(table, time, rows)
        cells = [(number, _cell(by_number[number], value_column)) for number, _ in slots]
        values = _column(table, value_column, factor, cells)
        yield from _blocks(series, slots, day_blocks([slot for _, slot in slots]), values)


def _unit_in_head(table: Table, column: int) -> Head:
    text = str(table.heads[column]).replace("_", " ")
    try:
        return Head(unit=words.read_head(text).unit)
    except ValueError as error:
        table.wrong_at(table.head_row, column, str(error))
        return Head()


def _row_series(
    table: Table, number: int, row: Row, columns: dict[str, int], in_head: Head
) -> tuple[Series, Fraction] | None:
    head = in_head
    column = next(iter(columns.values()))
    try:
        for said, column in columns.items():
            head = head.joined(Head(**{said: _HEAD_READERS[said][1](_cell(row, column))}))
        return words.series_of(head, table.facts.head, table.types)
    except ValueError as error:
        table.wrong_at(number, column, str(error))
        return None


def _cell(row: Row, column: int) -> Any:
    return row[column] if column < len(row) else None
