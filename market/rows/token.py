"""tbitoken's rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stat:
    """A token: EUR, amounts in units of 1e-6 EUR; PTX, in kWh."""

    supply: int
    max_supply: int
    issuer: str
