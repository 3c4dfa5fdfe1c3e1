"""The register: the MaStR-Connector, called with this service's token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from clients import mastr_connector
from clients.mastr_connector import MastrConnectorApi, Unit, Units
from services.background_manager_logic.domain import RegisterUnit
from services.background_manager_logic.errors import RegisterSilent, RegisterWrong
from services.shared.clients import How, Neighbour, NeighbourRefused, NeighbourSilent, NeighbourWrong
from services.shared.web.service_token import ServiceTokens

R = TypeVar("R")

_PAGE = 1000
MAX_UNITS = 5000
"""More units of one operator than this are not looked at."""


class MastrConnector:
    """Safe for several threads."""

    def __init__(self, base_url: str, tokens: ServiceTokens) -> None:
        self._register = Neighbour(mastr_connector, MastrConnectorApi, base_url, header=tokens.header)

    def unit(self, mastr_nr: str) -> RegisterUnit | None:
        """A unit, or None. Raises RegisterSilent, RegisterWrong."""
        told = self._ask(lambda api, how: api.get_unit(mastr_nr, **how))
        return None if told is None else _unit(told)

    def units_of(self, operator_mastr_nr: str) -> Sequence[RegisterUnit]:
        """An operator's units; none for one whom the register does not have. Raises RegisterSilent, RegisterWrong."""
        found: list[RegisterUnit] = []
        page = self._page(operator_mastr_nr, None)
        while page is not None:
            found += map(_unit, page.items)
            more = page.next_cursor and len(found) < MAX_UNITS
            page = self._page(operator_mastr_nr, page.next_cursor) if more else None
        return found

    def _page(self, operator_mastr_nr: str, cursor: str | None) -> Units | None:
        return self._ask(lambda api, how: api.get_units(operator_mastr_nr, limit=_PAGE, cursor=cursor, **how))

    def _ask(self, ask: Callable[[MastrConnectorApi, How], R]) -> R | None:
        try:
            return self._register.call(ask)
        except NeighbourRefused as error:
            if error.status == 404 and error.problem:
                return None
            if error.status in (503, 504):
                raise RegisterSilent("the register cannot answer at the moment; try again") from error
            raise RegisterWrong(
                f"the register answered {error.status}; see this service's token and its log"
            ) from error
        except NeighbourSilent as error:
            raise RegisterSilent(f"the register cannot be asked: {error}; try again") from error
        except NeighbourWrong as error:
            raise RegisterWrong(f"the register speaks otherwise: {error}; see its version and its address") from error


def _unit(told: Unit) -> RegisterUnit:
    return RegisterUnit(
        mastr_nr=told.mastr_nr,
        operator_mastr_nr=told.operator_mastr_nr,
        name=told.name,
        unit_type=told.unit_type,
        gross_power_kw=None if told.gross_power_kw is None else float(told.gross_power_kw),
        operating_status=told.operating_status,
        town=told.town,
    )
