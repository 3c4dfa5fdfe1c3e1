"""What the trace API has noted of blocks that a killed node lost, taken away before the node makes them anew.

nodeos notes a block as irreversible for the trace API before it writes it into the block log. Killed in between, it
comes back without that block and makes another one at its height, and the trace API goes on telling the lost one and
its transactions: a search for a block ends at the first note that calls it irreversible. So what a replay notes again
is forgotten before it.

A slice is three files: the traces, the index of blocks (a version of four bytes, then notes), and that of transactions
(notes alone). A note begins with its kind. Source: Leap, plugins/trace_api_plugin/include/eosio/trace_api/
(metadata_log.hpp, store_provider.hpp).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_BLOCK, _IRREVERSIBLE, _TRANSACTIONS = range(3)
_VERSION_BYTES: Final = 4
_ID_BYTES: Final = 32
_SLICE: Final = re.compile(r"trace_(?:index_|trx_id_)?(\d{10})-\d{10}\.c?log")
"""The first block that may stand in it."""


class TracesUnreadable(Exception):  # noqa: N818 - the name says what happened
    """The files are not as this version of the node writes them."""


def cut(folder: Path, last: int) -> None:
    """Forget every block after `last`; 0: all. The node does not run. Raises TracesUnreadable."""
    for file in sorted(folder.glob("trace_*log")):
        named = _SLICE.fullmatch(file.name)
        if named is None:
            continue
        if last == 0 or int(named[1]) > last:
            file.unlink()
        elif file.name.startswith(("trace_index_", "trace_trx_id_")):
            _shorten(file, last, _VERSION_BYTES if file.name.startswith("trace_index_") else 0)


def _shorten(file: Path, last: int, begin: int) -> None:
    """What was noted from the first note of a later block on."""
    content = file.read_bytes()
    end = next((at for at, number in _notes(content, begin) if number > last), len(content))
    if end < len(content):
        with file.open("r+b") as notes:
            notes.truncate(end)


def _notes(content: bytes, begin: int) -> Iterator[tuple[int, int]]:
    """(where it begins, the block that it is about) of each note that is whole."""
    at = begin
    while at < len(content):
        start, kind = at, content[at]
        at += 1
        if kind == _BLOCK:
            at += _ID_BYTES
        elif kind == _TRANSACTIONS:
            count, at = _varuint(content, at)
            at += count * _ID_BYTES
        elif kind != _IRREVERSIBLE:
            raise TracesUnreadable(f"a note of kind {kind} at byte {start}")
        if at + 4 > len(content):
            return  # the kill cut it short
        (number,) = struct.unpack_from("<I", content, at)
        at += 12 if kind == _BLOCK else 4
        yield start, number


def _varuint(content: bytes, at: int) -> tuple[int, int]:
    """(the number, where it ends): seven bits a byte, the lowest first."""
    value = shift = 0
    while at < len(content):
        value |= (content[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not content[at - 1] & 0x80:
            break
    return value, at
