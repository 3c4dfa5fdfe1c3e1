"""Checks what GET /journal answered, without the box: the chain of hashes, and what the TPM signed of it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.cls_box_logic.domain.hash_chain import BrokenChain, Entry, check

HEAD_TAG: Final = b"tbienergy journal v1\0"
"""What the TPM API puts in front of a head: with it 53 bytes, and no transaction's digest is over so few."""

SignatureIsGood = Callable[[str, bytes, str], bool]
"""Whether (public key, 32-byte digest, signature) belong together."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Entries from `first` to `last` are as they were written; up to `signed` a TPM with `keys` says so."""

    first: int
    last: int
    signed: int
    heads: int
    keys: tuple[str, ...]


def verify(pages: Iterable[Mapping[str, Any]], is_good: SignatureIsGood, key: str | None = None) -> Verified:
    """Checks pages of GET /journal that follow each other; `key`: by which all heads must be signed.

    Raises BrokenChain.
    """
    place: tuple[int, bytes] | None = None
    first, heads, keys, signed = 0, 0, set[str](), 0
    for page in pages:
        start = _place(page)
        if place is None:
            place, first = start, start[0] + 1
        if start != place:
            raise BrokenChain(f"a page begins after entry {start[0]}, but the one before it ended with {place[0]}")
        entries = [entry_of(item) for item in page["items"]]
        place = check(entries, *place)
        known = {start[0]: start[1], **{entry.seq: entry.hash for entry in entries}}
        for head in page["heads"]:
            _check_head(head, known, is_good, key)
            signed, heads = max(signed, int(head["seq"])), heads + 1
            keys.add(str(head["public_key"]))
    last = first - 1 if place is None else place[0]
    return Verified(first, last, signed, heads, tuple(sorted(keys)))


def entry_of(item: Mapping[str, Any]) -> Entry:
    """An entry from its JSON."""
    slot = item.get("slot_start")
    return Entry(
        _ms(str(item["at"])),
        str(item["kind"]),
        item.get("market"),
        None if slot is None else _ms(str(slot)) // 1000,
        dict(item["data"]),
        seq=int(item["seq"]),
        hash=bytes.fromhex(item["hash"]),
    )


def head_digest(head: bytes) -> bytes:
    """What is signed for a head."""
    return hashlib.sha256(HEAD_TAG + head).digest()


def _check_head(head: Mapping[str, Any], known: Mapping[int, bytes], is_good: SignatureIsGood, key: str | None) -> None:
    seq, found, public_key = int(head["seq"]), bytes.fromhex(head["hash"]), str(head["public_key"])
    if known.get(seq) != found:
        raise BrokenChain(f"the TPM signed another entry {seq} than the one that is here")
    if key is not None and public_key != key:
        raise BrokenChain(f"the head of entry {seq} was signed by {public_key}, not by {key}")
    if not is_good(public_key, head_digest(found), str(head["signature"])):
        raise BrokenChain(f"the signature over the head of entry {seq} is not that of {public_key}")


def _place(page: Mapping[str, Any]) -> tuple[int, bytes]:
    return int(page["previous"]["seq"]), bytes.fromhex(page["previous"]["hash"])


def _ms(text: str) -> int:
    at = datetime.fromisoformat(text)
    return int(at.timestamp()) * 1000 + at.microsecond // 1000
