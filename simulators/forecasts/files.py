"""Files that must not be read as workbooks, whatever their name: each has been sent to somebody, or might be."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from simulators.forecasts.faults import DAY, PLANT
from simulators.forecasts.region import forecast
from simulators.forecasts.workbooks import rows_of, workbook, write

_SHEET: Final = "xl/worksheets/sheet1.xml"
_MIB: Final = 2**20
_FIRST_ROW: Final = 8
"""Of values, as people count."""


def edited(edit: Callable[[Workbook, Worksheet], object]) -> bytes:
    """A good workbook that somebody has changed in Excel."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Prognose"
    for row in rows_of(forecast(DAY, (PLANT,))):
        sheet.append(row)
    edit(book, sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def repacked(change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    """A good workbook with its parts changed."""
    packed = io.BytesIO()
    whole = workbook(forecast(DAY, (PLANT,)))
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, True, 1) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return packed.getvalue()


def _formula(cell: str, text: str) -> Callable[[], bytes]:
    def edit(_book: Workbook, sheet: Worksheet) -> None:
        sheet[cell] = text

    return lambda: edited(edit)


def _merged(cells: str) -> Callable[[], bytes]:
    return lambda: edited(lambda _book, sheet: sheet.merge_cells(cells))


def _hidden(book: Workbook, sheet: Worksheet) -> None:
    hidden = book.copy_worksheet(sheet)
    hidden.title = "alt"
    hidden.sheet_state = "hidden"


def _encrypted() -> bytes:
    """The outside of what Excel writes (MS-OFFCRYPTO): a compound file with the stream of that name."""
    return (
        bytes.fromhex("d0cf11e0a1b11ae1")
        + bytes(504)
        + "EncryptionInfo".encode("utf-16-le")
        + "EncryptedPackage".encode("utf-16-le")
    )


def _with_part(name: str, content: bytes, change: Callable[[bytes], bytes] = bytes) -> Callable[[], bytes]:
    return lambda: repacked(lambda part, data: change(data) if part == _SHEET else data, {name: content})


def _sheet(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    return lambda: repacked(lambda name, data: change(data) if name == _SHEET else data)


_ENTITIES: Final = b"""<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""


def _with_entities(sheet: bytes) -> bytes:
    return _ENTITIES + sheet.replace(b"<sheetData>", b'<sheetData><row><c t="inlineStr"><is><t>&b;</t></is></c></row>')


def streamed(pieces: Iterator[bytes], name: str = _SHEET) -> bytes:
    """A good workbook whose part `name` is made of pieces: it may be larger than memory."""
    packed = io.BytesIO()
    whole = workbook(forecast(DAY, (PLANT,)))
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, True, 1) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        with new.open(name, "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)
    return packed.getvalue()


_BEGIN: Final = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_END: Final = b"</sheetData></worksheet>"


def one_cell(mebibytes: int) -> bytes:
    """A sheet of one cell with so long a text."""

    def pieces() -> Iterator[bytes]:
        yield _BEGIN + b'<row r="1"><c r="A1" t="inlineStr"><is><t>'
        for _ in range(mebibytes):
            yield b"A" * _MIB
        yield b"</t></is></c></row>" + _END

    return streamed(pieces())


def one_row(mebibytes: int) -> bytes:
    """A sheet of one row with very many cells."""
    cells = b"<c><v>1</v></c>" * (_MIB // 15)

    def pieces() -> Iterator[bytes]:
        yield _BEGIN + b'<row r="1">'
        for _ in range(mebibytes):
            yield cells
        yield b"</row>" + _END

    return streamed(pieces())


def wide_rows(rows: int) -> bytes:
    """A small file whose every row has one cell far to the right: with the blank ones between, more than memory."""
    return streamed(
        iter([_BEGIN, *(f'<row r="{n}"><c r="GJA{n}"><v>1</v></c></row>'.encode() for n in range(1, rows + 1)), _END])
    )


def understated(mebibytes: int) -> bytes:
    """A cell of so many MiB that the zip's directory says to be of 1000 bytes."""
    packed = bytearray(one_cell(mebibytes))
    with zipfile.ZipFile(io.BytesIO(bytes(packed))) as archive:
        size = archive.getinfo(_SHEET).file_size
    return bytes(packed).replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def _texts(mebibytes: int) -> bytes:
    text = b"<si><t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</t></si>" * (_MIB // 54)

    def pieces() -> Iterator[bytes]:
        yield b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        for _ in range(mebibytes):
            yield text
        yield b"</sst>"

    return streamed(pieces(), "xl/sharedStrings.xml")


FILES: Final[dict[str, tuple[Callable[[], bytes], str, str]]] = {
    "formula": (_formula("C20", "=C19*2"), "formula without a result", "C20"),
    "formula_of_a_time": (_formula("A20", "=A19+1/96"), "formula without a result", "A20"),
    "macros": (_with_part("xl/vbaProject.bin", b"VBA"), "holds macros", ""),
    "merged_values": (_merged(f"B{_FIRST_ROW + 2}:B{_FIRST_ROW + 5}"), "B10:B13 are merged", "B10"),
    "merged_heads": (_merged("C5:E5"), "C5:E5 are merged", "C5"),
    "hidden_table": (lambda: edited(_hidden), "a hidden sheet with a table", ""),
    "password": (_encrypted, "protected by a password", ""),
    "old_xls": (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000), "old .xls", ""),
    "xlsb": (_with_part("xl/workbook.bin", b"\x83"), "binary .xlsb", ""),
    "csv": (lambda: b"Datum;Wert\n23.11.2026;1,5\n", "it is no zip", ""),
    "entities": (_sheet(_with_entities), "declares entities", ""),
    "utf_16": (_sheet(lambda data: data.decode().encode("utf-16")), "not UTF-8", ""),
    "latin_1": (_sheet(lambda data: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + data), "ISO-8859-1, not", ""),
    "not_xml": (_sheet(lambda data: data[: len(data) // 2]), "no workbook that can be read", ""),
    "other_zip": (lambda: _zip({"brief.txt": b"Guten Tag"}), "no workbook that can be read", ""),
    "many_parts": (lambda: _zip({f"{n}.txt": b"" for n in range(3000)}), "more than 2000 parts", ""),
    "outside": (lambda: _zip({"../../etc/passwd": b"x"}), "no workbook that can be read", ""),
}
"""Name -> how to make it, what the refusal says, and the first cell that it names ("" where it is the whole)."""

BOMBS: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "large_cell": (lambda: one_cell(513), "larger than 512 MiB when unpacked"),
    "long_cell": (lambda: one_cell(50), "a text that Excel cannot hold"),
    "long_row": (lambda: one_row(30), "a row of more than 8 MiB"),
    "wide_rows": (lambda: wide_rows(10_000), "more than 5000000 cells"),
    "understated": (lambda: understated(50), "no workbook that can be read"),
    "texts": (lambda: _texts(66), "larger than 64 MiB when unpacked"),
}
"""Name -> how to make it, what the refusal says: small files that would fill much memory. `one_cell(1024)` is a
cell of a gibibyte."""


def _zip(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def with_result(cell_type: str, value: Any) -> bytes:
    """A workbook of one value, which is a formula's result: `cell_type` n (a number) or str (a text)."""
    plain = write({"P": [["Zeit", f"{PLANT.mastr_nr} [kWh]"], [DAY.isoformat() + "T10:00", 4711], [None, None]]})
    old = b"<v>4711</v>"
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(packed, "w") as new:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == _SHEET:
                assert old in data  # noqa: S101 - else it would be no formula at all
                data = data.replace(old, f"<f>2*2</f><v>{value}</v>".encode())
                data = data.replace(b't="n"><f>', f't="{cell_type}"><f>'.encode())
            new.writestr(entry, data)
    return packed.getvalue()
