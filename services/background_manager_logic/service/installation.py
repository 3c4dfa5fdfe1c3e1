"""Boxes, meters and units: added when they can be reached, removed when nothing depends on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from services.background_manager_logic.domain import (
    IN_USE,
    STOLEN,
    Box,
    Meter,
    RegisterUnit,
    Seen,
    Unit,
    box_address,
    mastr_number,
)
from services.background_manager_logic.errors import BoxSilent, Conflict, Unknown
from services.background_manager_logic.ports import BoxPort, RegisterPort
from services.background_manager_logic.repository import Listed, Parents, Repository


class Installation:
    """Nothing is kept before the box, the meter or the unit has answered; a removal takes nothing else with it."""

    def __init__(
        self,
        repository: Repository,
        boxes: BoxPort,
        register: RegisterPort,
        *,
        networks: Iterable[IPv4Network | IPv6Network],
        clock: Callable[[], datetime],
    ) -> None:
        self._kept = repository
        self._boxes = boxes
        self._register = register
        self._networks = tuple(networks)
        self._clock = clock

    def add_box(self, ip: str, name: str, location: str) -> Box:
        """Raises Unfit, Conflict (known), BoxSilent, BoxWrong."""
        address = box_address(ip, self._networks)
        if self._kept.boxes.get(address) is not None:
            raise Conflict(f"the box at {address} is known already")
        self._boxes.health(address)
        box = Box(address, name, location, self._clock())
        if not self._kept.boxes.add(box):
            raise Conflict(f"the box at {address} is known already")
        return box

    def box(self, ip: str) -> Box:
        """Raises Unfit, Unknown."""
        address = box_address(ip, self._networks)
        found = self._kept.boxes.get(address)
        if found is None:
            raise Unknown(f"there is no box at {address}")
        return found

    def box_left(self, ip: str, state: str) -> Box:
        """Notes that a box is retired or stolen. Raises Unfit, Unknown, Conflict (a stolen one stays that)."""
        box = self.box(ip)
        if not self._kept.boxes.left(box.ip, state) and state != STOLEN:
            raise Conflict(f"the box at {box.ip} is stolen; that is not taken back")
        return self.box(box.ip)

    def knock(self, account: str) -> None:
        """Tells the box of this chain account that it has an event. Raises Unknown, BoxSilent, BoxWrong."""
        found = self._kept.accounts.get(account)
        if found is None:
            raise Unknown(f"no box has the chain account {account}")
        self._boxes.knock(found.cls_box_ip)

    def _box_in_use(self, ip: str) -> Box:
        """Raises Unfit, Unknown, Conflict (it is retired or stolen)."""
        box = self.box(ip)
        if box.state != IN_USE:
            raise Conflict(f"the box at {box.ip} is {box.state}: nothing is added there any more")
        return box

    def boxes(self, limit: int, cursor: str | None) -> Listed[Box]:
        return self._kept.boxes.list({}, limit, cursor)

    def remove_box(self, ip: str) -> None:
        """Raises Unknown, Conflict (something depends on it)."""
        box = self.box(ip)
        at = {"cls_box_ip": box.ip}

        def dependant() -> str | None:
            if (meter := self._kept.meters.any(at)) is not None:
                return f"the meter {meter.serial_number}"
            if (unit := self._kept.units.any(at)) is not None:
                return f"the unit {unit.mastr_nr}"
            if (account := self._kept.accounts.of_box(box.ip)) is not None:
                return f"the chain account {account.account_name}"
            if (participant := self._kept.participants.any(at)) is not None:
                return f"the participant {participant.username}"
            return None

        _remove(self._kept.boxes, box.ip, f"the box at {box.ip}", dependant)

    def add_meter(self, serial_number: str, ip: str, kwh_annum: int | None) -> Meter:
        """Raises Unfit, Unknown (the box), Conflict (known, not seen, a box that left), BoxSilent, BoxWrong."""
        box = self._box_in_use(ip)
        if self._kept.meters.get(serial_number) is not None:
            raise Conflict(f"the meter {serial_number} is known already")
        self._must_be_reached(self._boxes.meter(box.ip, serial_number), box, f"meter {serial_number}")
        meter = Meter(serial_number, box.ip, kwh_annum, self._clock())
        if not self._kept.meters.add(meter):
            raise Conflict(f"the meter {serial_number} is known already")
        if not self._kept.boxes.is_staying(box.ip):
            self._kept.meters.remove(serial_number)
            raise Conflict(f"the box at {box.ip} has just been removed")
        return meter

    def meter(self, serial_number: str) -> Meter:
        """Raises Unknown."""
        found = self._kept.meters.get(serial_number)
        if found is None:
            raise Unknown(f"there is no meter {serial_number}")
        return found

    def meters(self, limit: int, cursor: str | None) -> Listed[Meter]:
        return self._kept.meters.list({}, limit, cursor)

    def remove_meter(self, serial_number: str) -> None:
        """Raises Unknown, Conflict (something depends on it, it stands on the chain)."""
        meter = self.meter(serial_number)
        _must_not_be_on_chain(meter, f"the meter {serial_number}")

        def dependant() -> str | None:
            unit = self._kept.units.any({"cls_box_ip": meter.cls_box_ip, "meter_serial_number": serial_number})
            return None if unit is None else f"the unit {unit.mastr_nr}"

        _remove(self._kept.meters, serial_number, f"the meter {serial_number}", dependant)

    def addable_units(self, marktakteur: str, ip: str) -> Sequence[tuple[RegisterUnit, Seen]]:
        """The operator's units that can be added: in the register, seen at the box, not added yet.

        Raises Unfit, Unknown (the box), RegisterSilent, RegisterWrong, BoxSilent, BoxWrong.
        """
        box = self.box(ip)
        operator = mastr_number(marktakteur, "mastr_nr")
        candidates = [unit for unit in self._register.units_of(operator) if self._kept.units.get(unit.mastr_nr) is None]
        seen = ((unit, self._boxes.unit(box.ip, unit.mastr_nr)) for unit in candidates)
        return [(unit, device) for unit, device in seen if device is not None]

    def add_unit(self, mastr_nr: str, ip: str, marktakteur: str) -> Unit:
        """Raises Unfit, Unknown (box or unit), Conflict, RegisterSilent, RegisterWrong, BoxSilent, BoxWrong."""
        number = mastr_number(mastr_nr, "unit_mastr_nr")
        operator = mastr_number(marktakteur, "marktakteur_mastr_nr")
        box = self._box_in_use(ip)
        if self._kept.units.get(number) is not None:
            raise Conflict(f"the unit {number} is known already")
        registered = self._register.unit(number)
        if registered is None:
            raise Unknown(f"the register has no unit {number}; import it or record it there first")
        if registered.operator_mastr_nr != operator:
            raise Conflict(f"the unit {number} is not operated by {operator}, says the register")
        seen = self._must_be_reached(self._boxes.unit(box.ip, number), box, f"unit {number}")
        unit = Unit(
            number,
            box.ip,
            operator,
            registered.name,
            registered.unit_type,
            seen.meter_serial_number,
            self._clock(),
        )
        if not self._kept.units.add(unit):
            raise Conflict(f"the unit {number} is known already")
        if not self._kept.boxes.is_staying(box.ip):
            self._kept.units.remove(number)
            raise Conflict(f"the box at {box.ip} has just been removed")
        return unit

    def unit(self, mastr_nr: str) -> Unit:
        """Raises Unknown."""
        found = self._kept.units.get(mastr_nr)
        if found is None:
            raise Unknown(f"there is no unit {mastr_nr}")
        return found

    def units(self, query: Mapping[str, Any], limit: int, cursor: str | None) -> Listed[Unit]:
        return self._kept.units.list(query, limit, cursor)

    def remove_unit(self, mastr_nr: str) -> None:
        """Raises Unknown, Conflict (it stands on the chain)."""
        if not self._kept.units.remove(mastr_nr):
            _must_not_be_on_chain(self.unit(mastr_nr), f"the unit {mastr_nr}")

    @staticmethod
    def _must_be_reached(seen: Seen | None, box: Box, what: str) -> Seen:
        if seen is None:
            raise Conflict(f"the box at {box.ip} does not see the {what}; see the number and its OpenEMS")
        if not seen.reachable:
            raise BoxSilent(f"the box at {box.ip} does not reach the {what}: {seen.reason}")
        return seen


def _remove(parents: Parents[Any], number: str, what: str, dependant: Callable[[], str | None]) -> None:
    if not parents.announce_removal(number):
        raise Unknown(f"{what} is not there")
    try:
        depends = dependant()
    except BaseException:
        parents.take_back_removal(number)
        raise
    if depends is not None:
        parents.take_back_removal(number)
        raise Conflict(f"{what} cannot be removed: {depends} depends on it; remove that first")
    if not parents.remove(number) and (kept := parents.get(number)) is not None:
        parents.take_back_removal(number)
        _must_not_be_on_chain(kept, what)


def _must_not_be_on_chain(record: Any, what: str) -> None:
    """The chain's registry removes nothing, so what stands there stays here, too."""
    if markets := getattr(record, "markets", ()):
        raise Conflict(f"{what} cannot be removed: it is registered on the chain, in the market {', '.join(markets)}")
