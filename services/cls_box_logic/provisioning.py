"""What a box is: its provisioning file, written when it is set up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from market.values import EosName, MastrNumber, Money, Price, WattHours, salted_hash
from services.cls_box_logic.domain.orders import Limits
from services.shared.web.config import ConfigurationError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Meter:
    """A grid meter and its OpenEMS component. `max_w`: what its connection can carry, when somebody said so."""

    serial_number: str
    component: str
    max_w: int | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, its OpenEMS component and the meter behind which it feeds in. `max_w`: what it can produce."""

    mastr_nr: MastrNumber
    component: str
    point_serial_number: str
    max_w: int | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A flexible consumer or storage: the channel of OpenEMS that takes its power (W), and what it takes."""

    name: str
    channel: str
    min_w: int
    max_w: int


@dataclass(frozen=True, slots=True)
class Box:
    """The box as it was provisioned; whose it is may come later (see ownership.py)."""

    name: str
    address: str
    market_default: EosName
    salt: bytes
    meters: tuple[Meter, ...]
    units: tuple[Unit, ...]
    limits: Limits
    controls: tuple[Control, ...] = ()

    def hash_of(self, number: str) -> str:
        """How a meter's or unit's number of this box stands on the chain, in hex (M-PRV-01)."""
        return salted_hash(self.salt, number).hex()

    def most_w(self, channel: str) -> int | None:
        """What a counter ("meter0/ActiveProductionEnergy") can count at most; None when nobody said."""
        component = channel.partition("/")[0]
        known: tuple[Meter | Unit, ...] = (*self.meters, *self.units)
        return next((one.max_w for one in known if one.component == component), None)


def read_box(file: Path) -> Box:
    """Reads the file named by TBI_BOX_CONFIG. Raises ConfigurationError."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
        return box_of(body)
    except OSError as error:
        raise ConfigurationError(f"TBI_BOX_CONFIG: {file} cannot be read ({error.strerror})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"TBI_BOX_CONFIG: {file} lacks {error} or has it in another form") from error
    except ValueError as error:
        raise ConfigurationError(f"TBI_BOX_CONFIG: {file} does not fit: {error}") from error


def box_of(body: Mapping[str, Any]) -> Box:
    """From the file's content. Raises ValueError; KeyError, TypeError and AttributeError for another form."""
    meters = tuple(Meter(str(entry["serial_number"]), _component(entry), _max_w(entry)) for entry in body["points"])
    units = tuple(
        Unit(MastrNumber(entry["mastr_nr"]), _component(entry), str(entry["point_serial_number"]), _max_w(entry))
        for entry in body["units"]
    )
    numbers = {meter.serial_number for meter in meters}
    if body.get("account") is not None:
        EosName(body["account"])
    if not isinstance(body.get("owner_sub"), str | None):
        raise ValueError("owner_sub is not the subject of a user's tokens")
    if strays := [unit.mastr_nr for unit in units if unit.point_serial_number not in numbers]:
        raise ValueError(f"{strays[0]} belongs to a point that is not in points")
    return Box(
        name=str(body["name"]),
        address=str(body["address"]),
        market_default=EosName(body.get("market_default", "lem")),
        salt=bytes.fromhex(body["salt"]),
        meters=meters,
        units=units,
        limits=_limits(body.get("limits", {})),
        controls=tuple(_control(entry) for entry in body.get("controls", [])),
    )


def _control(entry: Mapping[str, Any]) -> Control:
    component, separator, channel = str(entry["channel"]).partition("/")
    _component({"component": component})
    if not separator or not channel.isascii() or not channel.isalnum():
        raise ValueError(f"channel {entry['channel']!r} is no channel of OpenEMS (component/Channel)")
    name, least, most = entry["name"], entry["min_w"], entry["max_w"]
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", name) or type(least) is not int or type(most) is not int:
        raise ValueError("a control has a name of a-z, 0-9 and -, and min_w and max_w in whole W")
    if least > most:
        raise ValueError(f"control {name}: min_w is above max_w")
    return Control(name, str(entry["channel"]), least, most)


def _limits(body: Mapping[str, Any]) -> Limits:
    def limit(name: str, default: T, parse: Callable[[Any], T]) -> T:
        return parse(body[name]) if name in body else default

    return Limits(
        max_energy_wh=limit("max_energy_wh", WattHours(1_000_000), WattHours),
        min_price=limit("min_price_ct_per_kwh", Price(0), Price.from_ct_per_kwh),
        max_price=limit("max_price_ct_per_kwh", Price(2_000_000), Price.from_ct_per_kwh),
        max_transfer=limit("max_transfer_eur", Money(10_000_000_000), Money.from_eur),
    )


def _component(entry: Mapping[str, Any]) -> str:
    component = entry["component"]
    if not isinstance(component, str) or not component.isascii() or not component.replace("_", "").isalnum():
        raise ValueError(f"component {component!r} is no OpenEMS component id")
    return component


def _max_w(entry: Mapping[str, Any]) -> int | None:
    most = entry.get("max_w")
    if most is not None and (type(most) is not int or most <= 0):
        raise ValueError(f"max_w of {entry['component']} is no power in whole W above 0")
    return most
