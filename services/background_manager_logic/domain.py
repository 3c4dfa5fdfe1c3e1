"""Participants, boxes, meters and units: what they are, and the rules that hold between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from market.values import EosName, MastrNumber
from services.background_manager_logic.errors import Unfit

ADDRESS = r"^[0-9A-Fa-f:.]{2,45}$"
MASTR = r"^[A-Z]{3}9[0-9]{11}$"
SERIAL = r"^[A-Za-z0-9_.-]{1,64}$"
EOS_NAME = r"^[a-z1-5.]{0,11}[a-z1-5]$"
NEW_ACCOUNT = r"^[a-z1-5]{1,12}$"
_RESERVED = r"eosio.*|tbi(?:token|clsbox|market|pool|admin|evu|govern.*|recovery.*)|consortium"
SUB = r"^[A-Za-z0-9-]{1,64}$"
SALT = r"^(?:[0-9a-f]{2}){8,64}$"
MAX_KWH_ANNUM = 10_000_000


IN_USE, RETIRED, STOLEN = "in_use", "retired", "stolen"


@dataclass(frozen=True, slots=True)
class Box:
    """A CLS box at its address in the boxes' network. `state`: one that is retired or stolen does not come back."""

    ip: str
    name: str
    location: str
    added_at: datetime
    state: str = IN_USE


@dataclass(frozen=True, slots=True)
class Meter:
    """A grid meter, which is a metering point of the participant who has the box.

    `markets`: where it stands on the chain, or where its registration has begun.
    """

    serial_number: str
    cls_box_ip: str
    kwh_annum: int | None
    added_at: datetime
    markets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the register at a box. `meter_serial_number`: the grid meter behind which it feeds in; `markets`: where
    it stands on the chain, or where its registration has begun.
    """

    mastr_nr: str
    cls_box_ip: str
    marktakteur_mastr_nr: str
    name: str | None
    unit_type: str | None
    meter_serial_number: str | None
    added_at: datetime
    markets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A chain account: it belongs to the TPM of a box, each box has one.

    Kept before anything is done on the chain, so that a name and a box are taken once. `markets`: where box and meters
    are registered; none while the registration has only begun. `attestation`: what the TPM said of the key, with the
    nonce (hexadecimal), as it was verified at `attested_at`.
    """

    account_name: str
    cls_box_ip: str
    public_key: str
    attesting_key: str
    attestation: Mapping[str, str]
    attested_at: datetime
    markets: Sequence[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Participant:
    """What services decide by; the pool's attributes mirror it.

    `salt` (hex): that of the hashes under which his numbers stand on the chain. `mirrored`: whether the pool has this
    state already. `version` counts the changes.
    """

    sub: str
    username: str
    email: str | None
    cls_box_ip: str | None
    eos_account: str | None
    betreiber_mastr_nr: str | None
    kwh_annum: int | None
    salt: str | None
    disabled: bool
    mirrored: bool
    version: int
    created_at: datetime
    updated_at: datetime

    def attributes(self) -> dict[str, str]:
        """As the pool carries it; an empty text takes an attribute back."""
        values = {
            "betreiber_mastr_nr": self.betreiber_mastr_nr,
            "eos_account": self.eos_account,
            "cls_box_ip": self.cls_box_ip,
            "kwh_annum": self.kwh_annum,
        }
        return {f"custom:{name}": "" if value is None else str(value) for name, value in values.items()}


CHANGEABLE = ("cls_box_ip", "eos_account", "betreiber_mastr_nr", "kwh_annum", "salt", "disabled")
"""What an administrator may change about a participant."""


@dataclass(frozen=True, slots=True)
class PoolUser:
    """A user as the pool knows him. `attributes`: those that administrators write, without their prefix `custom:`."""

    sub: str
    username: str
    email: str | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class RegisterUnit:
    """A unit as the register has it."""

    mastr_nr: str
    operator_mastr_nr: str | None
    name: str | None
    unit_type: str | None
    gross_power_kw: float | None
    operating_status: str | None
    town: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A device as a box sees it: whether it is reachable, why not, the meter behind which a unit feeds in, and its
    number's salted hash as on the chain.
    """

    number: str
    reachable: bool
    reason: str | None
    meter_serial_number: str | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class ComponentState:
    """A part of the system, as it answered (or not) when it was asked."""

    name: str
    kind: str
    address: str
    online: bool
    version: str | None
    status: str | None
    detail: str | None
    last_seen: datetime | None


def box_address(text: str, networks: Iterable[IPv4Network | IPv6Network], field: str = "ip") -> str:
    """An address in its one spelling, inside of the boxes' networks. Raises Unfit."""
    try:
        address = ip_address(text)
    except ValueError:
        raise Unfit(field, "must be an IP address") from None
    if not any(address.version == network.version and address in network for network in networks):
        raise Unfit(field, "lies outside of the boxes' networks")
    return str(address)


def mastr_number(text: str, field: str) -> str:
    """A number of the register with its check digit. Raises Unfit."""
    try:
        return str(MastrNumber(text))
    except ValueError as error:
        raise Unfit(field, f"is no MaStR number: {error}") from None


def eos_name(text: str, field: str = "eos_account") -> str:
    """An account's name. Raises Unfit."""
    try:
        return str(EosName(text))
    except ValueError as error:
        raise Unfit(field, f"is no account name: {error}") from None


def checked_changes(changes: Mapping[str, object], networks: Iterable[IPv4Network | IPv6Network]) -> dict[str, Any]:
    """The changes to a participant, each parsed; null takes a value back. Raises Unfit."""
    found: dict[str, Any] = dict(changes)
    if isinstance(ip := found.get("cls_box_ip"), str):
        found["cls_box_ip"] = box_address(ip, networks, "cls_box_ip")
    if isinstance(number := found.get("betreiber_mastr_nr"), str):
        found["betreiber_mastr_nr"] = mastr_number(number, "betreiber_mastr_nr")
    if isinstance(account := found.get("eos_account"), str):
        found["eos_account"] = eos_name(account)
    if isinstance(salt := found.get("salt"), str) and not re.fullmatch(SALT.strip("^$"), salt):
        raise Unfit("salt", "must be 8 to 64 bytes, hexadecimal")
    return found


def account_name(text: str, owner_names: Iterable[str]) -> str:
    """A new account's name: a pseudonym, not its owner's name in the chain's letters (M-PRV-01). Raises Unfit."""
    if not re.fullmatch(NEW_ACCOUNT.strip("^$"), text):
        raise Unfit("account_name", "must have 1 to 12 of the characters a-z and 1-5")
    if re.fullmatch(_RESERVED, text):
        raise Unfit("account_name", "must not be a name of the chain's or the market's own")
    if text in {_in_letters_of_the_chain(name) for name in owner_names}:
        raise Unfit("account_name", "must not be its owner's name: accounts are generated pseudonyms (M-PRV-01)")
    return text


def _in_letters_of_the_chain(name: str) -> str:
    return re.sub("[^a-z1-5]", "", name.lower())[:12]
