"""The components of the Edge and their channels: addresses, types, units and values, as OpenEMS names them.

Signs: a grid meter's ActivePower + = bought; its ActiveProductionEnergy = bought, ActiveConsumptionEnergy = fed in. A
consumption meter's consumption stands in ActiveProductionEnergy. Energies are cumulated Wh ("Wh_Σ").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulators.openems.household import BUY, CHARGE, DISCHARGE, LOAD, SELL, WH, Household, Powers

GRID = "meter0"
ESS = "ess0"
SUM = "_sum"

Read = Callable[[Household, Powers], int | None]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. `datasource` names the part of the household whose power a write to the channel gives."""

    component: str
    name: str
    type: str
    unit: str
    read: Read
    text: str = ""
    datasource: str | None = None

    @property
    def address(self) -> str:
        return f"{self.component}/{self.name}"

    @property
    def cumulated(self) -> bool:
        """Whether it is a counter: kept by the hour in the history."""
        return self.unit == "Wh_Σ"


@dataclass(frozen=True, slots=True)
class Component:
    """A component as getEdgeConfig shows it."""

    id: str
    factory: str
    alias: str


def components(household: Household, aliases: dict[str, str]) -> dict[str, Component]:
    """All components by id. An alias is a unit's MaStR number or a meter's serial number; else the id."""
    made = [
        (SUM, "Core.Sum"),
        ("_componentManager", "Core.ComponentManager"),
        ("ctrlApiRest0", "Controller.Api.Rest.ReadWrite"),
        ("rrd4j0", "Timedata.Rrd4j"),
        (GRID, "Simulator.GridMeter.Reacting"),
        (LOAD, "Simulator.NRCMeter.Acting"),
        ("datasourceLoad0", "Simulator.Datasource.Single.Channel"),
    ]
    for inverter in household.inverters:
        made += [(inverter, "Simulator.PvInverter"), (datasource_of(inverter), "Simulator.Datasource.Single.Channel")]
    if household.battery is not None:
        made.append((ESS, "Simulator.EssSymmetric.Reacting"))
    return {name: Component(name, factory, aliases.get(name, name)) for name, factory in made}


def datasource_of(component: str) -> str:
    """The id of the datasource that drives a part: datasourcePv0 for pvInverter0, datasourceLoad0 for the load."""
    return "datasourceLoad0" if component == LOAD else component.replace("pvInverter", "datasourcePv")


def channels(household: Household) -> list[Channel]:
    """All channels, in the order of their addresses."""
    found = [*_meter(GRID, lambda _, p: p.grid, BUY, SELL), *_meter(LOAD, lambda _, p: p.load, LOAD, None)]
    found += _grid_quality()
    for part in household.components():
        if part != LOAD:
            found += _meter(part, _inverter_power(part), part, None)
        found.append(_data(part))
    found += _sums(household)
    if household.battery is not None:
        found += _battery(ESS, "ActivePower", "ActiveChargeEnergy", "ActiveDischargeEnergy")
        found.append(Channel(ESS, "Soc", "INTEGER", "%", _soc))
    return sorted(found, key=lambda channel: channel.address)


def matching(available: list[Channel], component: str, channel: str) -> Iterator[Channel]:
    """Those whose component and name match the two regular expressions as a whole; re.error for a bad one."""
    component_pattern, channel_pattern = re.compile(component), re.compile(channel)
    for candidate in available:
        if component_pattern.fullmatch(candidate.component) and channel_pattern.fullmatch(candidate.name):
            yield candidate


def _meter(component: str, power: Read, positive: str, negative: str | None) -> list[Channel]:
    return [
        Channel(component, "ActivePower", "INTEGER", "W", power),
        Channel(component, "ActiveProductionEnergy", "LONG", "Wh_Σ", _counter(positive)),
        Channel(component, "ActiveConsumptionEnergy", "LONG", "Wh_Σ", _counter(negative)),
        Channel(component, "State", "INTEGER", "", lambda _, __: 0, "0:Ok, 1:Info, 2:Warning, 3:Fault"),
    ]


def _grid_quality() -> list[Channel]:
    return [
        Channel(GRID, "Voltage", "INTEGER", "mV", lambda _, __: 230_000),
        Channel(GRID, "Frequency", "INTEGER", "mHz", lambda _, __: 50_000),
        Channel(GRID, "Current", "INTEGER", "mA", lambda _, powers: powers.grid * 1000 // 230),
    ]


def _data(part: str) -> Channel:
    def written(household: Household, _: Powers) -> int | None:
        return household.sources.written_w(part, household.at_ms)

    return Channel(datasource_of(part), "Data", "INTEGER", "", written, "Simulated data", datasource=part)


def _sums(household: Household) -> list[Channel]:
    def generated(house: Household, _: Powers) -> int:
        return sum(house.energy[name] for name in house.inverters) // WH

    sums = [
        Channel(SUM, "GridActivePower", "INTEGER", "W", lambda _, powers: powers.grid),
        Channel(SUM, "GridBuyActiveEnergy", "LONG", "Wh_Σ", _counter(BUY)),
        Channel(SUM, "GridSellActiveEnergy", "LONG", "Wh_Σ", _counter(SELL)),
        Channel(SUM, "ProductionActivePower", "INTEGER", "W", lambda _, powers: powers.generation),
        Channel(SUM, "ProductionActiveEnergy", "LONG", "Wh_Σ", generated),
        Channel(SUM, "ConsumptionActivePower", "INTEGER", "W", lambda _, powers: powers.load),
        Channel(SUM, "ConsumptionActiveEnergy", "LONG", "Wh_Σ", _counter(LOAD)),
        Channel(SUM, "State", "INTEGER", "", lambda _, __: 0, "0:Ok, 1:Info, 2:Warning, 3:Fault"),
    ]
    if household.battery is not None:
        sums += _battery(SUM, "EssActivePower", "EssActiveChargeEnergy", "EssActiveDischargeEnergy")
        sums.append(Channel(SUM, "EssDischargePower", "INTEGER", "W", lambda _, powers: powers.battery))
        sums.append(Channel(SUM, "EssSoc", "INTEGER", "%", _soc))
    return sums


def _battery(component: str, power: str, charged: str, discharged: str) -> list[Channel]:
    return [
        Channel(component, power, "INTEGER", "W", lambda _, powers: powers.battery),
        Channel(component, charged, "LONG", "Wh_Σ", _counter(CHARGE)),
        Channel(component, discharged, "LONG", "Wh_Σ", _counter(DISCHARGE)),
    ]


def _counter(counter: str | None) -> Read:
    return lambda household, _: 0 if counter is None else household.wh(counter)


def _inverter_power(inverter: str) -> Read:
    return lambda _, powers: powers.inverters[inverter]


def _soc(household: Household, _: Powers) -> int | None:
    if household.battery is None:
        return None
    return household.stored * 100 // (household.battery.capacity_wh * WH)
