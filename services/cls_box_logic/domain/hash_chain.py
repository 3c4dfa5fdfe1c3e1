"""The journal's chain of hashes: each entry's hash covers its content and the hash before it. Pure.

An entry's hash is SHA-256(TAG + hash before, 32 bytes + the entry as canonical JSON): the array
[seq, at_ms, kind, market, slot, data], names sorted, no spaces, UTF-8. Data hold no fractions, so every reader of JSON
gets the same bytes again. The first entry's hash before is 32 zeros.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

TAG: Final = b"tbienergy entry v1\0"
START: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind`: event, measured, missing, sent, refused, order, bound, control. `seq` and `hash` by its place."""

    at_ms: int
    kind: str
    market: str | None
    slot: int | None
    data: dict[str, Any]
    seq: int = 0
    hash: bytes = START


class BrokenChain(Exception):  # noqa: N818 - it says what is
    """The entries are not what was written: the text says where and what."""


def canonical(data: Any) -> str:
    """JSON in its one form."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_of(before: bytes, entry: Entry) -> bytes:
    """The hash, 32 bytes, that an entry has after the one whose hash is `before`."""
    content = canonical([entry.seq, entry.at_ms, entry.kind, entry.market, entry.slot, entry.data])
    return hashlib.sha256(TAG + before + content.encode()).digest()


def next_entry(entry: Entry, seq: int, before: bytes) -> Entry:
    """`entry` as the one that follows `seq` and its hash."""
    numbered = replace(entry, seq=seq + 1)
    return replace(numbered, hash=hash_of(before, numbered))


def check(entries: Iterable[Entry], seq: int = 0, before: bytes = START) -> tuple[int, bytes]:
    """Checks that entries follow `seq` and its hash without a gap and unchanged; gives the last ones.

    Raises BrokenChain.
    """
    for entry in entries:
        if entry.seq != seq + 1:
            raise BrokenChain(f"after entry {seq} comes entry {entry.seq}: what is between is lost")
        found = hash_of(before, entry)
        if found != entry.hash:
            raise BrokenChain(f"entry {entry.seq} was changed: its hash is {found.hex()}, the journal says otherwise")
        seq, before = entry.seq, found
    return seq, before
