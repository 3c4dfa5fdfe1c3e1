"""Reads a file of the register as text: some twice as fast as an XML parser, and only where it looks as it always does.

Whatever is not plain (another encoding, attributes, comments, a character that XML forbids, an end that is missing)
raises `Odd`; the caller then reads the file with the parser, which says what is wrong or takes it as it is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Final

Record = dict[str, str]
Wanted = Mapping[str, frozenset[str]]
"""Records of which one of these elements has one of these values; empty: all records."""

_CHUNK: Final = 1 << 19
_RECORD_MOST: Final = 4_000_000
_FORBIDDEN: Final = bytes(code for code in range(32) if code not in b"\t\n\r")
_SPACE: Final = " \t\r\n"
_FIELD: Final = re.compile(r"<([A-Za-z_]\w*)>([^<]*)</\1>", re.ASCII)
_EMPTY: Final = re.compile(r"<[A-Za-z_]\w*[ \t\r\n]*/>", re.ASCII)
_REFERENCE: Final = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


class Odd(Exception):  # noqa: N818 - it says what is
    """The file is not plain; nothing is said about whether it is right."""


def quick_records(
    file: IO[bytes], table: str, record: str, read: Callable[[int], None], wanted: Wanted
) -> Iterator[Record | None]:
    """The records of a file, element names to texts; None for one that is not wanted. Raises Odd and what reading does.

    `read` is told the bytes of each chunk.
    """
    begin, end = f"<{record}>", f"</{record}>"
    tests = [_test(name, values) for name, values in wanted.items()]
    rest = ""
    for text in _texts(file, table, read):
        pieces = (rest + text).split(end)
        rest = pieces.pop()
        if len(rest) > _RECORD_MOST:
            raise Odd("a record without an end")
        for piece in pieces:
            before, found, inner = piece.partition(begin)
            if not found or before.strip(_SPACE):
                raise Odd("something between two records")
            if tests and not any(test(inner) for test in tests):
                yield None
            else:
                yield _fields(inner)
    if rest.strip(_SPACE) != f"</{table}>":
        raise Odd("another end")


def _texts(file: IO[bytes], table: str, read: Callable[[int], None]) -> Iterator[str]:
    """What follows the root's begin, chunk by chunk, with ends of lines as XML has them."""
    head = re.compile(rf"""<\?xml version=["']1\.0["'] encoding=["']utf-16["'] ?\?>\s*<{table}>""", re.IGNORECASE)
    decoder = codecs.getincrementaldecoder("utf-16-le")("strict")
    begun, held = False, ""
    while True:
        raw = file.read(_CHUNK)
        read(len(raw))
        if not begun and raw[:2] != codecs.BOM_UTF16_LE:
            raise Odd("another encoding")
        try:
            text = held + decoder.decode(raw if begun else raw[2:], final=not raw)
        except UnicodeDecodeError as error:
            raise Odd("no UTF-16") from error
        if not begun:
            found = head.match(text)
            if found is None or f"<{table}>" not in found[0]:
                raise Odd("another begin")
            text, begun = text[found.end() :], True
        held = "\r" if raw and text.endswith("\r") else ""
        text = text.removesuffix(held)
        _check(text)
        yield text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
        if not raw:
            return


def _check(text: str) -> None:
    encoded = text.encode()
    if len(encoded.translate(None, _FORBIDDEN)) != len(encoded) or "\ufffe" in text or "\uffff" in text:
        raise Odd("a character that XML forbids")
    if "]]>" in text:
        raise Odd("the end of a section that has no begin")


def _fields(inner: str) -> Record:
    """The children of one record that have a text."""
    fields = _FIELD.findall(inner)
    if inner.count("<") != 2 * len(fields):
        inner = _EMPTY.sub("", inner)
        fields = _FIELD.findall(inner)
        if inner.count("<") != 2 * len(fields):
            raise Odd("more than elements with a text")
    found = dict(fields)
    if "" in found.values():
        found = {name: value for name, value in fields if value}
    if "&" in inner:
        references = 0
        for name, value in fields:
            if "&" in value:
                references += value.count("&")
                found[name] = _plain(value)
        if references != inner.count("&"):
            raise Odd("a reference between two elements")
    return found


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
    element = re.compile(rf"<{name}(?:>([^<&]*)<|[ \t\r\n/>])")

    def may_be_wanted(inner: str) -> bool:
        found = element.search(inner)
        return found is not None and (found[1] is None or found[1] in values)

    return may_be_wanted
