"""What a workbook's file is, before a parser is let near it: a zip of XML parts, within bounds (ECMA-376, OPC).

Each part is unpacked once in small pieces and thrown away, so whatever the file claims, no more memory is used than a
piece: openpyxl holds whole parts, rows and texts, and gets to see only those that are small enough.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import iterparse

from services.forecast_connector.workbook.findings import Finding, WorkbookRefused

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
"""Of a part that is held as a whole (texts, styles); a sheet goes row by row."""

MAX_TEXT_BYTES: Final = 256 * 1024
"""Excel's longest text has 32,767 characters; each may be a reference of six bytes."""

MAX_ROW_BYTES: Final = 8 * 1024 * 1024
MAX_PARTS: Final = 2000
_PIECE: Final = MAX_TEXT_BYTES
_OVERLAP: Final = 128
"""No pattern that is looked for is longer, so none is missed between two pieces."""

_COMPOUND_FILE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_DECLARATION = re.compile(rb"<!(?!--)")
_ANY_DECLARATION = re.compile(rb"<!")
_ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s/>]")
_FORMULA = re.compile(rb"<(?:\w{1,20}:)?f[\s/>]")
_MERGED = re.compile(rb'<(?:\w{1,20}:)?mergeCell\s[^<>]{0,40}?ref="([A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?)"')
_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.-]+)[\"']")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is known of a sheet's part before it is read. `merged` are ranges such as `B5:D5`."""

    has_formulas: bool
    merged: tuple[str, ...]


def inspect(content: bytes) -> Mapping[str, Sheet]:
    """The sheets' parts by their path in the zip. Raises WorkbookRefused for what no parser shall see."""
    if len(content) > MAX_BYTES:
        raise _refused(f"larger than {MAX_BYTES // 2**20} MiB; split it by days")
    _refuse_other_formats(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_by_directory(archive)
            return dict(_inspected(archive))
    except WorkbookRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise broken(error) from error


def broken(error: Exception) -> WorkbookRefused:
    """For what no reader can read."""
    return _refused(f"no workbook that can be read ({type(error).__name__}); save it as .xlsx again")


def formulas_without_result(content: bytes, part: str) -> Iterator[str]:
    """The cells of a sheet's part that hold a formula, but not what it gave: nobody has calculated them.

    A formula that gave an empty text (`t="str"`) has a result: blank.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(part) as sheet:
        for _, element in iterparse(sheet):  # noqa: S314 - `inspect` lets no declaration pass
            name = element.tag.rpartition("}")[2]
            if name == "row":
                element.clear()
            elif name == "c" and element.get("t") != "str":
                inner = {child.tag.rpartition("}")[2]: child for child in element}
                if "f" in inner and ("v" not in inner or not inner["v"].text):
                    yield element.get("r", "")


def _refuse_other_formats(content: bytes) -> None:
    if content.startswith(_COMPOUND_FILE):
        if _ENCRYPTED in content:
            raise _refused("protected by a password; save it without one")
        raise _refused("no .xlsx but an old .xls; save it as .xlsx")
    if not content:
        raise _refused("no workbook that can be read: the file is empty")
    if not content.startswith(b"PK"):
        raise _refused("no workbook that can be read: no .xlsx (it is no zip); save it as .xlsx")


def _refuse_by_directory(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = {entry.filename.lower() for entry in entries}
    if len(entries) > MAX_PARTS:
        raise _refused(f"more than {MAX_PARTS} parts; save it as .xlsx again")
    if any(entry.flag_bits & 1 for entry in entries):
        raise _refused("protected by a password; save it without one")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise _refused("holds macros, which are never run here; save it as .xlsx without them")
    if "xl/workbook.bin" in names:
        raise _refused("no .xlsx but a binary .xlsb; save it as .xlsx")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise _refused(f"larger than {MAX_UNPACKED_BYTES // 2**20} MiB when unpacked; split it by days")
    for entry in entries:
        if not _is_sheet(entry.filename) and _is_xml(entry.filename) and entry.file_size > MAX_HELD_BYTES:
            raise _refused(
                f"{_shown(entry.filename)} is larger than {MAX_HELD_BYTES // 2**20} MiB when unpacked; split it"
            )


def _inspected(archive: zipfile.ZipFile) -> Iterator[tuple[str, Sheet]]:
    for entry in archive.infolist():
        if _is_sheet(entry.filename):
            yield entry.filename, _sheet(archive, entry)
        elif _is_xml(entry.filename):
            for _ in _pieces(archive, entry, _DECLARATION):
                pass


def _sheet(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Sheet:
    has_formulas, merged, since_row = False, dict[str, None](), 0
    for piece in _pieces(archive, entry, _ANY_DECLARATION):
        has_formulas = has_formulas or _FORMULA.search(piece) is not None
        if b"mergeCell" in piece:
            merged.update((match[1].decode(), None) for match in _MERGED.finditer(piece))
        rows = [match.start() for match in _ROW.finditer(piece)]
        since_row = len(piece) - rows[-1] if rows else since_row + len(piece)
        if since_row > MAX_ROW_BYTES:
            raise _refused(f"{_shown(entry.filename)}: a row of more than {MAX_ROW_BYTES // 2**20} MiB; split it")
    return Sheet(has_formulas, tuple(merged))


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, unwanted: re.Pattern[bytes]) -> Iterator[bytes]:
    """A part piece by piece, each with the end of the one before. Raises WorkbookRefused."""
    tail, run = b"", 0
    with archive.open(entry) as part:
        while fresh := part.read(_PIECE):
            piece = tail + fresh
            if not tail:
                _refuse_encoding(entry.filename, fresh)
            if unwanted.search(piece):
                raise _refused(f"{_shown(entry.filename)} declares entities or the like; save it as .xlsx again")
            first = fresh.find(b"<")
            if run + (len(fresh) if first < 0 else first) > MAX_TEXT_BYTES:
                raise _refused(f"{_shown(entry.filename)}: a cell with a text that Excel cannot hold; shorten it")
            run = run + len(fresh) if first < 0 else len(fresh) - fresh.rfind(b"<")
            yield piece
            tail = piece[-_OVERLAP:]


def _refuse_encoding(name: str, begin: bytes) -> None:
    said = _ENCODING.search(begin[:400])
    if begin.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00")) or b"\x00" in begin[:8]:
        raise _refused(f"{_shown(name)} is not UTF-8; save it as .xlsx again")
    if said is not None and said[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise _refused(f"{_shown(name)} is in {said[1].decode()[:20]}, not UTF-8; save it as .xlsx again")


def _is_sheet(name: str) -> bool:
    return name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml")


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))


def _shown(name: str) -> str:
    return repr(name[-60:])


def _refused(text: str) -> WorkbookRefused:
    return WorkbookRefused([Finding(text)])
