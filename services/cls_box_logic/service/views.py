"""What the box shows: units, meters, their energy per slot, its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from market.values import EosName
from services.cls_box_logic.domain.clock import worst
from services.cls_box_logic.domain.delivery import BOUGHT, FED_IN, PRODUCED
from services.cls_box_logic.domain.energy import Energy, Missing, Pending, energy_of_slot
from services.cls_box_logic.errors import OpenEmsUnavailable, Unknown
from services.cls_box_logic.inbox import Inbox
from services.cls_box_logic.journal import iso_ms, iso_slot
from services.cls_box_logic.openems import Component, OpenEms
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.provisioning import Box
from services.cls_box_logic.sampler import SamplerState
from services.cls_box_logic.samples import SampleStore

MAX_SLOTS = 1000
View = dict[str, Any]


class Views:
    """Reads only. OpenEMS' absence makes a device unreachable, it is no error of the box's."""

    def __init__(
        self,
        *,
        box: Box,
        ownership: Ownership,
        openems: OpenEms,
        samples: SampleStore,
        participation: Participation,
        inbox: Inbox,
        sampler_state: Callable[[], SamplerState],
        host_state: Callable[[], View],
        clock_ms: Callable[[], int],
        tolerance_ms: int,
    ) -> None:
        self._box = box
        self._ownership = ownership
        self._openems = openems
        self._samples = samples
        self._participation = participation
        self._inbox = inbox
        self._sampler_state = sampler_state
        self._host_state = host_state
        self._clock_ms = clock_ms
        self._tolerance_ms = tolerance_ms

    def units(self) -> list[View]:
        """The box's units with what they do now."""
        seen, trouble = self._components()
        return [self._unit(unit.mastr_nr, unit.component, seen, trouble) for unit in self._box.units]

    def unit(self, mastr_nr: str) -> View:
        """A unit: provisioned, or seen by OpenEMS under this alias. Raises Unknown."""
        seen, trouble = self._components()
        return self._unit(mastr_nr, self._component_of_unit(mastr_nr, seen), seen, trouble)

    def meters(self) -> list[View]:
        """The box's grid meters with what they show now."""
        seen, trouble = self._components()
        return [self._meter(meter.serial_number, meter.component, seen, trouble) for meter in self._box.meters]

    def meter(self, serial_number: str) -> View:
        """A grid meter: provisioned, or seen by OpenEMS under this alias. Raises Unknown."""
        seen, trouble = self._components()
        return self._meter(serial_number, self._component_of_meter(serial_number, seen), seen, trouble)

    def unit_energy(self, mastr_nr: str, market: EosName, begin_ms: int, end_ms: int) -> list[View]:
        """`produced_wh` for each slot that begins in [begin, end). Raises Unknown."""
        component = next((unit.component for unit in self._box.units if unit.mastr_nr == mastr_nr), None)
        if component is None:
            raise Unknown(f"{mastr_nr} is not a unit of this box")
        return self._energy({"produced_wh": f"{component}/{PRODUCED}"}, market, begin_ms, end_ms)

    def meter_energy(self, serial_number: str, market: EosName, begin_ms: int, end_ms: int) -> list[View]:
        """`consumed_wh` and `fed_in_wh` for each slot that begins in [begin, end). Raises Unknown."""
        meters = {meter.serial_number: meter.component for meter in self._box.meters}
        if serial_number not in meters:
            raise Unknown(f"{serial_number} is not a meter of this box")
        component = meters[serial_number]
        channels = {"consumed_wh": f"{component}/{BOUGHT}", "fed_in_wh": f"{component}/{FED_IN}"}
        return self._energy(channels, market, begin_ms, end_ms)

    def slot_s(self, market: EosName) -> int:
        """The market's slot length. Raises Unknown."""
        return self._participation.slot_s(market)

    def state(self) -> View:
        """Where the box takes part, how sampling stands, and what waits."""
        sampler = self._sampler_state()
        account = self._ownership.known_account()
        return {
            "name": self._box.name,
            "account": None if account is None else str(account),
            "address": self._box.address,
            "time": iso_ms(self._clock_ms()),
            "markets": [
                {"market": str(seat.market), "point": seat.point, "slot_s": seat.slot_s}
                for seat in self._participation.known_seats()
            ],
            "sampler": {
                "last_sample": _time(sampler.newest_ms),
                "next_border": _time(sampler.next_border_ms),
                "trouble": sampler.trouble,
            },
            "open_events": len(self._inbox.open_events()),
            **self._host_state(),
        }

    def _components(self) -> tuple[dict[str, Component], str | None]:
        """OpenEMS' components by alias, or why they are not known."""
        try:
            return {component.alias: component for component in self._openems.components()}, None
        except OpenEmsUnavailable as error:
            return {}, str(error)

    def _component_of_unit(self, mastr_nr: str, seen: dict[str, Component]) -> str:
        known = {str(unit.mastr_nr): unit.component for unit in self._box.units}
        return _one_of(mastr_nr, known, seen, "unit")

    def _component_of_meter(self, serial_number: str, seen: dict[str, Component]) -> str:
        known = {meter.serial_number: meter.component for meter in self._box.meters}
        return _one_of(serial_number, known, seen, "meter")

    def _unit(self, mastr_nr: str, component: str, seen: dict[str, Component], trouble: str | None) -> View:
        names = {"power_w": f"{component}/ActivePower", "produced_wh_total": f"{component}/{PRODUCED}"}
        point = next((u.point_serial_number for u in self._box.units if u.mastr_nr == mastr_nr), None)
        shown = self._live(names, mastr_nr, component, seen, trouble)
        return {
            "mastr_nr": mastr_nr,
            "hash": self._box.hash_of(mastr_nr),
            "component": component,
            "point_serial_number": point,
            **shown,
        }

    def _meter(self, serial_number: str, component: str, seen: dict[str, Component], trouble: str | None) -> View:
        names = {
            "power_w": f"{component}/ActivePower",
            "consumed_wh_total": f"{component}/{BOUGHT}",
            "fed_in_wh_total": f"{component}/{FED_IN}",
        }
        shown = self._live(names, serial_number, component, seen, trouble)
        return {
            "serial_number": serial_number,
            "hash": self._box.hash_of(serial_number),
            "component": component,
            **shown,
        }

    def _live(
        self, names: dict[str, str], number: str, component: str, seen: dict[str, Component], trouble: str | None
    ) -> View:
        """The values by name, whether the device is reachable, and why not."""
        values: dict[str, int | None] = {}
        if trouble is None and (number not in seen or seen[number].id != component):
            trouble = f"OpenEMS has no component {component} with the alias {number}"
        if trouble is None:
            try:
                values = self._openems.values(names.values())
            except OpenEmsUnavailable as error:
                trouble = str(error)
        live = {name: values.get(channel) for name, channel in names.items()}
        if trouble is None and None in live.values():
            trouble = "OpenEMS has no values of it at the moment"
        return {"reachable": trouble is None, "reason": trouble, **live}

    def _energy(self, channels: dict[str, str], market: EosName, begin_ms: int, end_ms: int) -> list[View]:
        length_ms = self._participation.slot_s(market) * 1000
        first = -(-begin_ms // length_ms) * length_ms
        starts = range(first, end_ms, length_ms)[:MAX_SLOTS]
        return [self._slot(channels, start, start + length_ms) for start in starts]

    def _slot(self, channels: dict[str, str], begin_ms: int, end_ms: int) -> View:
        margin = self._tolerance_ms
        found: dict[str, Energy | Missing | Pending] = {}
        for name, channel in channels.items():
            series = self._samples.series(channel, begin_ms - margin, end_ms + margin)
            found[name] = energy_of_slot(series, begin_ms, end_ms, margin, self._box.most_w(channel))
        return {
            "slot_start": iso_slot(begin_ms // 1000),
            **{name: energy.wh if isinstance(energy, Energy) else None for name, energy in found.items()},
            **_quality(list(found.values())),
        }


def _quality(found: list[Energy | Missing | Pending]) -> View:
    reasons = [energy.reason for energy in found if isinstance(energy, Missing)]
    if reasons:
        return {"quality": "missing", "reason": reasons[0]}
    if any(isinstance(energy, Pending) for energy in found):
        return {"quality": "pending", "reason": "the slot is not over, or its end was not sampled yet"}
    known = [energy for energy in found if isinstance(energy, Energy)]
    substituted = any(energy.substituted for energy in known)
    clock = worst(energy.clock for energy in known)
    return {"quality": "substituted" if substituted else "measured", "reason": None, "clock": clock}


def _one_of(number: str, known: dict[str, str], seen: dict[str, Component], what: str) -> str:
    if number in known:
        return known[number]
    if number in seen and not seen[number].id.startswith("_"):
        return seen[number].id
    raise Unknown(f"{number} is no {what} of this box, and OpenEMS sees no component with this alias")


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso_ms(at_ms)
