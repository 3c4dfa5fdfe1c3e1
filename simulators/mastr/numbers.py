"""Numbers as the register has them: three letters, a 9, ten digits, a check digit (EAN method)."""

from __future__ import annotations

import zlib

_INVENTED = 1_000_000
"""Numbers below this one are left to those who invent some by hand."""

_ROOM = 10**10 - _INVENTED
_STEP = 6_180_339_887
"""Without a common divisor with `_ROOM`: it visits every number once before it meets one again."""


def mastr_number(prefix: str, digits: int) -> str:
    """The number with these ten digits: `mastr_number("SEE", 11)` is SEE90000000011 and its check digit."""
    eleven = f"9{digits:010d}"
    codes = eleven.encode()  # each is its digit and 48
    weighed = 3 * (sum(codes[::2]) - 6 * 48) + sum(codes[1::2]) - 5 * 48
    return f"{prefix}{eleven}{-weighed % 10}"


def generated_number(prefix: str, index: int, seed: int) -> str:
    """The number of the `index`-th thing of its kind: another for every index, scattered like real ones."""
    offset = zlib.crc32(f"{prefix}:{seed}".encode())
    return mastr_number(prefix, (index * _STEP + offset) % _ROOM + _INVENTED)
