"""What may stand in place of an answer, with HTTP 200."""

from __future__ import annotations

from typing import Final

_HUGE: Final = 48 << 20

KINDS: Final = ("html", "empty", "truncated", "charset", "huge", "no_soap", "unknown_code", "more_of_nothing")


def garbage(kind: str, told: bytes) -> bytes:
    """`kind` in place of the answer `told`. ValueError for an unknown kind."""
    made = {
        "html": b"<!DOCTYPE html><html><body><p>Wartungsarbeiten<br></body></html>",
        "empty": b"",
        "truncated": told[: len(told) // 2],
        "charset": told.replace(b">OK", b">\xf6"),  # ISO 8859-1 that is called UTF-8
        "huge": told + b" " * _HUGE if kind == "huge" else b"",
        "no_soap": b"<Antwort><Ergebniscode>OK</Ergebniscode></Antwort>",
        "unknown_code": _coded(told, b"Wartung"),
        "more_of_nothing": _coded(told, b"OkWeitereDatenVorhanden"),
    }
    if kind not in made:
        raise ValueError(f"there is no garbage {kind}; there are {', '.join(KINDS)}")
    return made[kind]


def _coded(told: bytes, code: bytes) -> bytes:
    """The same with another result, and without entries of a list."""
    begin = told.index(b"Ergebniscode>") + len(b"Ergebniscode>")
    end = told.index(b"</", begin)
    close = told.index(b">", end) + 1
    tail = len(told)
    for _ in range(3):  # the ends of answer, body and envelope
        tail = told.rindex(b"</", 0, tail)
    return told[:begin] + code + told[end:close] + told[tail:]
