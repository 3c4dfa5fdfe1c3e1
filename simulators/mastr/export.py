"""Writes exports as the register does: UTF-16 XML, 100,000 records a file, parts `_1` to `_n`, all in one zip."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final
from xml.sax.saxutils import escape

from simulators.mastr.defects import spoil
from simulators.mastr.kinds import KINDS
from simulators.mastr.register import Record, Register
from simulators.mastr.tables import Table, tables

UNKNOWN_FILE: Final = "Ladepunkte.xml"
_UNIT_TABLES: Final = frozenset(kind.table for kind in KINDS)
_BATCH: Final = 2000
_BOMB: Final = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def export_name(register: Register) -> str:
    """As the register calls the zip of that day: releases change on 2 April and 2 October."""
    day = register.day
    first, second = (4, 2), (10, 2)
    release = 2 if (day.month, day.day) >= second else 1
    year = day.year if (day.month, day.day) >= first else day.year - 1
    return f"Gesamtdatenexport_{day:%Y%m%d}_{year % 100}.{release if (day.month, day.day) >= first else 2}.zip"


@dataclass(frozen=True)
class Export:
    """An export of `register`; `defects` are names of defects.py."""

    register: Register
    records_per_file: int = 100_000
    defects: Collection[str] = ()

    def write(self, target: Path) -> Path:
        """Writes into `target`: a zip when it ends in .zip, else a folder. Appears whole or not at all."""
        draft = target.with_name(f".{target.name}.new")
        if target.suffix == ".zip":
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                self._write_all(lambda name: archive.open(name, "w", force_zip64=True))
            draft.replace(target)
        else:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            self._write_all(lambda name: (draft / name).open("wb"))
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
        return target

    def _write_all(self, create: Callable[[str], IO[bytes]]) -> None:
        on = frozenset(self.defects)
        for table in tables(self.register):
            records = spoil(table.records, on, self.register.seed) if table.root in _UNIT_TABLES else table.records
            for name, part in self._parts(table, records, "duplicate_at_border" in on):
                if "missing_part" in on and name == "EinheitenSolar_1.xml":
                    continue
                renamed = "renamed_file" in on and name == "EinheitenWasser.xml"
                with create("EinheitenWasserkraft.xml" if renamed else name) as file:
                    self._write_part(file, table, part, name, on)
        if "unknown_file" in on:
            with create(UNKNOWN_FILE) as file:
                file.write(b"\xff\xfe" + _utf16("<Ladepunkte><Ladepunkt><Id>1</Id></Ladepunkt></Ladepunkte>"))

    def _parts(self, table: Table, records: Iterable[Record], doubled: bool) -> Iterator[tuple[str, Iterator[Record]]]:
        rest = iter(records)
        first_part = list(islice(rest, self.records_per_file))
        ahead = next(rest, None)
        if ahead is None:
            yield f"{table.root}.xml", iter(first_part)
            return
        last: list[Record] = first_part[-1:]
        yield f"{table.root}_1.xml", iter(first_part)
        del first_part
        number = 2
        while ahead is not None:
            border = last if doubled else []
            seen: list[Record] = []
            fresh = chain([ahead], islice(rest, self.records_per_file - 1 - len(border)))
            yield f"{table.root}_{number}.xml", _remembering(chain(border, fresh), seen)
            last = seen
            ahead = next(rest, None)
            number += 1

    def _write_part(self, file: IO[bytes], table: Table, part: Iterator[Record], name: str, on: frozenset[str]) -> None:
        root = table.root
        if "wrong_root" in on and name.startswith("EinheitenWind"):
            root = "Fehlerseite"
        bomb = name.startswith("EinheitenWind") and "entities" in on
        file.write(b"\xff\xfe")
        file.write(_utf16(f'<?xml version="1.0" encoding="utf-16"?>{_BOMB if bomb else ""}\n<{root}>\n'))
        while batch := list(islice(part, _BATCH)):
            file.write(_utf16("".join(_xml(table.record, record) for record in batch)))
        if "truncated" in on and name.startswith("EinheitenStromVerbraucher"):
            file.write(_utf16(f"  <{table.record}>\n    <EinheitMastrN"))
            return
        file.write(_utf16(f"{'<Ort>&b;</Ort>' if bomb else ''}</{root}>\n"))


def _remembering(records: Iterable[Record], last: list[Record]) -> Iterator[Record]:
    for record in records:
        last[:] = [record]
        yield record


def _xml(element: str, record: Record) -> str:
    together = "".join(record.values())
    if "&" in together or "<" in together or ">" in together:
        record = {name: escape(value) for name, value in record.items()}
    fields = "".join([f"    <{name}>{value}</{name}>\r\n" for name, value in record.items()])
    return f"  <{element}>\r\n{fields}  </{element}>\r\n"


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")
