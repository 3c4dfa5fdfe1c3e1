"""The Background-Manager-Logic, called with this service's token. On the cloud side only."""

from __future__ import annotations

from collections.abc import Iterator

from clients import background_manager_logic
from clients.background_manager_logic import BackgroundManagerLogicApi, Participant, Participants
from services.blockchain_connector.participants import ManagerSilent, ManagerWrong, Numbers
from services.shared.clients import Neighbour, NeighbourError, NeighbourRefused, NeighbourSilent
from services.shared.web.service_token import ServiceTokens

MANAGER_PATH = "/background-manager-logic/api/v1"
_PAGE = 1000
_AWAY = (502, 503, 504)


class Manager:
    """`base_url` ends with `/background-manager-logic/api/v1`. Safe for several threads."""

    def __init__(self, base_url: str, tokens: ServiceTokens) -> None:
        self._manager = Neighbour(background_manager_logic, BackgroundManagerLogicApi, base_url, header=tokens.header)

    def numbers(self) -> Iterator[Numbers]:
        """Of all participants who have a salt. Raises ManagerSilent, ManagerWrong."""
        cursor: str | None = None
        while True:
            page = self._page(cursor)
            yield from (_numbers(record, record.salt) for record in page.items if record.salt)
            cursor = page.next_cursor
            if not cursor:
                return

    def knock(self, account: str) -> None:
        """Has the box of this account told that it has an event. Raises ManagerSilent, ManagerWrong."""
        try:
            self._manager.call(lambda api, how: api.post_knock(account, **how), empty=True)
        except NeighbourError as error:
            raise _failed(error) from error

    def _page(self, cursor: str | None) -> Participants:
        try:
            return self._manager.call(lambda api, how: api.get_participants(limit=_PAGE, cursor=cursor, **how))
        except NeighbourError as error:
            raise _failed(error) from error


def _failed(error: NeighbourError) -> ManagerSilent | ManagerWrong:
    away = isinstance(error, NeighbourSilent) or (isinstance(error, NeighbourRefused) and error.status in _AWAY)
    return (ManagerSilent if away else ManagerWrong)(str(error))


def _numbers(record: Participant, salt: str) -> Numbers:
    try:
        bytes.fromhex(salt)
    except ValueError as error:
        raise ManagerWrong("it answered with a salt that is none") from error
    own = {point.serial_number for point in record.metering_points}
    return Numbers(salt, frozenset(own.union(*(point.unit_mastr_nrs for point in record.metering_points))))
