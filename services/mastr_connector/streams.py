"""Files as they are read: counted, and with what XML forbids taken out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

_ILLEGAL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
    "|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)
_ROOT: Final = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<([A-Za-z_][\w.-]*)[\s/>]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the export: `table` is what it holds, `part` its number among the files called `stem`."""

    name: str
    table: str
    part: int
    size: int
    crc: int
    stem: str = ""


def root_of(head: bytes) -> str | None:
    """The name of the first element of the file that begins with `head`; None when that cannot be told."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    found = _ROOT.match(text)
    return found[1] if found else None


class Told:
    """Tells what is read beyond the first `already` bytes, which were told before."""

    def __init__(self, read: Callable[[int], None], already: int) -> None:
        self._read = read
        self._left = already

    def __call__(self, size: int) -> None:
        known = min(size, self._left)
        self._left -= known
        self._read(size - known)


class Counted:
    """A file that tells what was read of it."""

    def __init__(self, file: IO[bytes], read: Callable[[int], None]) -> None:
        self._file = file
        self._told = read

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._told(len(chunk))
        return chunk


class Cleaned:
    """UTF-16 as UTF-8, without what XML forbids."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._rest = ""

    def read(self, size: int = -1) -> bytes:
        raw = self._file.read(max(2, size))
        try:
            text = self._rest + self._decoder.decode(raw, final=not raw)
        except UnicodeError as error:
            raise OSError("its encoding is not the one that it names, nor UTF-16") from error
        # a reference that is cut in two stays whole for the next look
        cut = len(text) if not raw or (start := text.rfind("&", -12)) < 0 else start
        self._rest = text[cut:]
        clean = _ILLEGAL.sub("", text[:cut]).encode()
        return clean if clean or not raw else self.read(size)
