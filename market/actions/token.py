"""What people do with tokens (tbitoken)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Create:
    issuer: str
    maximum_supply: int


@dataclass(frozen=True, slots=True)
class Issue:
    to: str
    quantity: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """`from` is a word of Python's own: `sender` here."""

    sender: str
    to: str
    quantity: int
    memo: str
