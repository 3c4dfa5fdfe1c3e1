"""Reads a file of the register as text: some twice as fast as an XML parser, and only where it looks as it always does.

Whatever is not plain (another encoding, attributes, comments, a character that XML forbids, an end that is missing)
raises `Odd`; the caller then reads the file with the parser, which says what is wrong or takes it as it is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import compress
from typing import IO, Final

Record = dict[str, str]
Wanted = Mapping[str, frozenset[str]]
"""Records of which one of these elements has one of these values (some hold several: "SEE1, SEE2"); empty: all."""

_CHUNK: Final = 1 << 19
_RECORD_MOST: Final = 4_000_000
_ELEMENTS_MOST: Final = 300
_FORBIDDEN: Final = bytes(code for code in range(32) if code not in b"\t\n\r")
_SPACE: Final = " \t\r\n"
_FIELD: Final = re.compile(r"<([A-Za-z_]\w*)>([^<]*)</\1>", re.ASCII)
_EMPTY: Final = re.compile(r"<[A-Za-z_]\w*[ \t\r\n]*/>", re.ASCII)
_REFERENCE: Final = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


class Odd(Exception):  # noqa: N818 - it says what is
    """The file is not plain; nothing is said about whether it is right."""


def is_wanted(record: Record, wanted: Wanted) -> bool:
    """Whether one of the elements has one of the values."""
    return any(_has_one(record.get(name, ""), values) for name, values in wanted.items())


def _has_one(text: str, values: frozenset[str]) -> bool:
    return text in values or ("," in text and any(part.strip() in values for part in text.split(",")))


def quick_records(
    file: IO[bytes],
    table: str,
    record: str,
    read: Callable[[int], None],
    wanted: Wanted,
    *,
    skipped: frozenset[str] = frozenset(),
) -> Iterator[Record | None]:
    """The records of a file, element names to texts; None for one that is not wanted. Raises Odd and what reading does.

    `read` is told the bytes of each chunk. Records that are not wanted and the values of elements that are `skipped`
    are not looked at any closer; such elements may be among those that are given.
    """
    begin, end = f"<{record}>", f"</{record}>"
    tests = [_test(name, values) for name, values in wanted.items()]
    shape = Shape(skipped)
    rest = ""
    for text in _texts(file, table, read):
        pieces = (rest + text).split(end)
        rest = pieces.pop()
        if len(rest) > _RECORD_MOST:
            raise Odd("a record without an end")
        for piece in pieces:
            start = piece.find(begin)
            if start < 0 or piece[:start].strip(_SPACE):
                raise Odd("something between two records")
            if tests and not any(test(piece) for test in tests):
                yield None
            else:
                yield shape.fields(piece, start + len(begin))
    if rest.strip(_SPACE) != f"</{table}>":
        raise Odd("another end")


class Shape:
    """Reads records whose elements come in the order that they had before, each there or not: one match a record.

    Others are read element by element, and what is new in them is learnt, more rarely from time to time.
    """

    def __init__(self, skipped: frozenset[str]) -> None:
        self._skipped = skipped
        self._names: list[str] = []
        self._given: list[str] = []
        self._match = _order([], skipped)
        self._missed = 0
        self._learn_at = 1

    def fields(self, piece: str, start: int) -> Record:
        """The children that have a text of the record whose content is `piece` from `start` on. Raises Odd."""
        found = self._match(piece, start)
        if found is not None:
            values = found.groups("")
            # what is not printable, ends of lines among it, may be what XML forbids or has otherwise
            if (together := "".join(values)).isprintable() and "]]>" not in together:
                if "&" in together:
                    values = tuple(_plain(value) if "&" in value else value for value in values)
                return dict(compress(zip(self._given, values, strict=True), values))
        inner = piece[start:].replace("\r\n", "\n").replace("\r", "\n")
        _check(inner)
        fields = _elements(inner)
        if found is None:
            self._learn([name for name, _ in fields])
        return _record(fields, inner)

    def _learn(self, names: list[str]) -> None:
        self._missed += 1
        if self._missed < self._learn_at or len(self._names) > _ELEMENTS_MOST:
            return
        self._learn_at *= 2
        place = 0
        for name in names:
            if name in self._names:
                place = max(place, self._names.index(name) + 1)
            else:
                self._names.insert(place, name)
                place += 1
        self._given = [name for name in self._names if name not in self._skipped]
        self._match = _order(self._names, self._skipped)


def _order(names: list[str], skipped: frozenset[str]) -> Callable[[str, int], re.Match[str] | None]:
    """Possessive throughout: what is read is never looked at again, so a record takes no longer than it is long."""
    space = r"[ \t\r\n]*+"
    text = "[^<]*+"
    texts = {name: text if name in skipped else f"({text})" for name in names}
    elements = "".join(f"(?:<{name}>{texts[name]}</{name}>{space})?+" for name in names)
    return re.compile(space + elements).fullmatch


def _texts(file: IO[bytes], table: str, read: Callable[[int], None]) -> Iterator[str]:
    """What follows the root's begin, chunk by chunk."""
    head = re.compile(rf"""<\?xml version=["']1\.0["'] encoding=["']utf-16["'] ?\?>\s*<{table}>""", re.IGNORECASE)
    decoder = codecs.getincrementaldecoder("utf-16-le")("strict")
    begun = False
    while True:
        raw = file.read(_CHUNK)
        read(len(raw))
        if not begun and raw[:2] != codecs.BOM_UTF16_LE:
            raise Odd("another encoding")
        try:
            text = decoder.decode(raw if begun else raw[2:], final=not raw)
        except UnicodeDecodeError as error:
            raise Odd("no UTF-16") from error
        if not begun:
            found = head.match(text)
            if found is None or f"<{table}>" not in found[0]:
                raise Odd("another begin")
            text, begun = text[found.end() :], True
        yield text
        if not raw:
            return


def _check(text: str) -> None:
    encoded = text.encode()
    if len(encoded.translate(None, _FORBIDDEN)) != len(encoded) or "\ufffe" in text or "\uffff" in text:
        raise Odd("a character that XML forbids")
    if "]]>" in text:
        raise Odd("the end of a section that has no begin")


def _elements(inner: str) -> list[tuple[str, str]]:
    """The names and texts of a record's children. Raises Odd."""
    fields: list[tuple[str, str]] = _FIELD.findall(inner)
    if inner.count("<") != 2 * len(fields):
        inner = _EMPTY.sub("", inner)
        fields = _FIELD.findall(inner)
        if inner.count("<") != 2 * len(fields):
            raise Odd("more than elements with a text")
    return fields


def _record(fields: list[tuple[str, str]], inner: str) -> Record:
    """Those that have a text. Raises Odd."""
    if inner.count("&") != sum(value.count("&") for _, value in fields):
        raise Odd("a reference between two elements")
    return {name: _plain(value) if "&" in value else value for name, value in fields if value}


def _plain(value: str) -> str:
    plain, count = _REFERENCE.subn(_character, value)
    if count != value.count("&"):
        raise Odd("an unknown reference")
    return plain


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if (
        (code < 32 and code not in (9, 10, 13))
        or 0xD800 <= code < 0xE000
        or code in (0xFFFE, 0xFFFF)
        or code > 0x10FFFF
    ):
        raise Odd("a character that XML forbids")
    return chr(code)


def _test(name: str, values: frozenset[str]) -> Callable[[str], bool]:
    """Whether a record may be wanted: its element has one of the values, or is written in an unusual way."""
    usual, size = f"<{name}>", len(name) + 2
    unusual = re.compile(rf"<{name}[ \t\r\n/>]")

    def may_be_wanted(piece: str) -> bool:
        at = piece.find(usual)
        if at < 0:
            return f"<{name}" in piece and unusual.search(piece) is not None
        value = piece[at + size : piece.find("<", at + size)]
        return _has_one(value, values) or "&" in value

    return may_be_wanted
