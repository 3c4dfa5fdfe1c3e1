"""What units have generated, and what they are rated at: the Background-Manager-Logic's and the register's word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, Protocol

from clients import background_manager_logic, mastr_connector
from clients.background_manager_logic import BackgroundManagerLogicApi, MarketDayItemsInner
from clients.mastr_connector import MastrConnectorApi
from services.forecast_connector.domain.planning import quarter_of
from services.forecast_connector.domain.times import QUARTER_S, parse_epoch
from services.forecast_connector.errors import ForecastError, Unknown
from services.shared.clients import Header, Neighbour, NeighbourError, NeighbourRefused

_NOT_FOUND: Final = 404


class Measured(Protocol):
    """Raises ForecastError where a neighbour does not answer."""

    def generation(self, mastr_nr: str, day: date) -> Mapping[int, int]:
        """Wh by quarter hour, of those that were measured. Raises Unknown for a unit that is on no market."""

    def rated_kw(self, mastr_nr: str) -> float | None:
        """None where nobody knows it."""


class MeasuredByNeighbours:
    """`mastr_url` is None where there is no register to ask."""

    def __init__(self, manager_url: str, mastr_url: str | None, header: Header) -> None:
        self._manager = Neighbour(background_manager_logic, BackgroundManagerLogicApi, manager_url, header=header)
        self._mastr = (
            None if mastr_url is None else Neighbour(mastr_connector, MastrConnectorApi, mastr_url, header=header)
        )

    def generation(self, mastr_nr: str, day: date) -> Mapping[int, int]:
        try:
            told = self._manager.call(
                lambda api, how: api.get_day(unit_mastr_nr=mastr_nr, var_date=day.isoformat(), **how)
            )
        except NeighbourRefused as error:
            if error.status == _NOT_FOUND:
                raise Unknown(f"nothing is measured of {mastr_nr}: {error}") from error
            raise ForecastError(f"the measured values cannot be had: {error}") from error
        except NeighbourError as error:
            raise ForecastError(
                f"the measured values cannot be had: {error}; see the background-manager-logic"
            ) from error
        return _by_quarter(told.items)

    def rated_kw(self, mastr_nr: str) -> float | None:
        """A figure less is no reason to give none: None also while the register is away."""
        if self._mastr is None:
            return None
        try:
            power = self._mastr.call(lambda api, how: api.get_unit(mastr_nr, **how)).gross_power_kw
        except NeighbourError:
            return None
        return None if power is None else float(power)

    def close(self) -> None:
        """Lets go of the connections."""
        self._manager.close()
        if self._mastr is not None:
            self._mastr.close()


def _by_quarter(slots: Iterable[MarketDayItemsInner]) -> dict[int, int]:
    """Slots that are shorter than a quarter hour are added up where all of it was measured."""
    energy: dict[int, int] = {}
    covered: dict[int, int] = {}
    for slot in slots:
        if slot.produced_wh is None:
            continue
        begin, end = parse_epoch(slot.slot_start), parse_epoch(slot.slot_end)
        quarter = quarter_of(begin)
        energy[quarter] = energy.get(quarter, 0) + slot.produced_wh
        covered[quarter] = covered.get(quarter, 0) + end - begin
    return {quarter: wh for quarter, wh in energy.items() if covered[quarter] == QUARTER_S}
