"""Counts what an export holds once, and what it refers to and does not hold, by the hashes of numbers.

A national export has some forty million numbers: eight bytes each, and a set of a part of them at a time. Two numbers
of one hash (of 64 bits) are taken for one: for so many the odds are one in ten thousand.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

_AT_ONCE: Final = 1 << 20


def distinct(ids: array[int]) -> int:
    """How many different ones there are."""
    return sum(len(part) for part in _parts(ids, len(ids)))


def dangling(references: array[int], ids: array[int]) -> int:
    """How many references lead to none of the ids."""
    size = len(ids)
    parts = _parts(ids, size)
    return sum(sum(each not in there for each in _part(references, size, which)) for which, there in enumerate(parts))


def _parts(ids: array[int], size: int) -> Iterator[set[int]]:
    for which in range(_count(size)):
        yield set(_part(ids, size, which))


def _part(ids: array[int], size: int, which: int) -> Iterator[int]:
    count = _count(size)
    return iter(ids) if count == 1 else (each for each in ids if each % count == which)


def _count(size: int) -> int:
    return max(1, size // _AT_ONCE)
