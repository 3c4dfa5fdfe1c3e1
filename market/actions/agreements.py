"""What people agree on beside the auction: passive contracts, deals, Power2X tokens (tbimarket)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PassPropose:
    market: str
    unit: int
    price: int
    from_slot: int
    until_slot: int


@dataclass(frozen=True, slots=True)
class PassDrop:
    market: str
    party: str
    unit: int


@dataclass(frozen=True, slots=True)
class PassAccept:
    market: str
    owner: str
    unit: int
    price: int
    from_slot: int
    until_slot: int


@dataclass(frozen=True, slots=True)
class PassEnd:
    market: str
    party: str
    unit: int
    from_slot: int
    end_slot: int


@dataclass(frozen=True, slots=True)
class PassClear:
    market: str
    unit: int
    from_slot: int


@dataclass(frozen=True, slots=True)
class P2pPropose:
    market: str
    seller: str
    buyer: str
    unit: int
    slot: int
    energy_wh: int
    price: int
    key: int


@dataclass(frozen=True, slots=True)
class P2pDrop:
    market: str
    party: str
    unit: int
    slot: int


@dataclass(frozen=True, slots=True)
class P2pAccept:
    market: str
    buyer: str
    seller: str
    unit: int
    slot: int
    energy_wh: int
    price: int
    key: int


@dataclass(frozen=True, slots=True)
class MintP2x:
    market: str
    slot: int
    kwh: int
