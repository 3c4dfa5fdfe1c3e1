"""What failed for good unheard at the cloud side's Blockchain-Connector, and its being begun anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from clients import blockchain_connector
from clients.blockchain_connector import BlockchainConnectorApi
from services.background_manager_logic.connector import failed
from services.background_manager_logic.errors import Unknown
from services.shared.clients import How, Neighbour, NeighbourError, NeighbourRefused
from services.shared.web.service_token import ServiceTokens

R = TypeVar("R")
_TIMEOUT_S = (2.0, 25.0)
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class FailedOrder:
    """`failed_at` in seconds since the epoch."""

    id: str
    actions: Sequence[tuple[str, Mapping[str, Any]]]
    """(`tbimarket::award`, its data)."""
    failed_at: int
    detail: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class UnansweredEvent:
    """`slot` and `since` in seconds since the epoch."""

    id: str
    box: str | None
    market: str
    point: int
    slot: int
    since: int
    detail: str


class Letters:
    """Safe for several threads. All calls raise ChainSilent and ChainWrong."""

    def __init__(self, base_url: str, tokens: ServiceTokens) -> None:
        self._chain = Neighbour(
            blockchain_connector, BlockchainConnectorApi, base_url, header=tokens.header, timeout_s=_TIMEOUT_S
        )

    def orders(self) -> list[FailedOrder]:
        """The oldest first."""
        told = self._ask(lambda api, how: api.get_failed_orders(**how))
        return [_order(one.to_dict()) for one in told.items]

    def events(self) -> list[UnansweredEvent]:
        """The oldest first."""
        told = self._ask(lambda api, how: api.get_undelivered_events(**how))
        return [_event(one.to_dict()) for one in told.items]

    def retry_order(self, letter_id: str) -> str:
        """`waiting` or `done`. Raises Unknown."""
        return str(self._ask(lambda api, how: api.post_failed_order_retry(letter_id, **how)).state)

    def retry_event(self, letter_id: str) -> str:
        """`waiting` or `done`. Raises Unknown."""
        return str(self._ask(lambda api, how: api.post_undelivered_event_retry(letter_id, **how)).state)

    def _ask(self, ask: Callable[[BlockchainConnectorApi, How], R]) -> R:
        try:
            return self._chain.call(ask)
        except NeighbourRefused as error:
            if error.status == _NOT_FOUND:
                raise Unknown("there is no such dead letter (any more)") from error
            raise failed(error) from error
        except NeighbourError as error:
            raise failed(error) from error


def _order(told: Mapping[str, Any]) -> FailedOrder:
    actions = [(f"{one['account']}::{one['name']}", one["data"]) for one in told["actions"]]
    return FailedOrder(told["id"], actions, _epoch(told["failed_at"]), told["detail"], told.get("rule"))


def _event(told: Mapping[str, Any]) -> UnansweredEvent:
    slot, since = _epoch(told["slot_start"]), _epoch(told["since"])
    return UnansweredEvent(told["id"], told.get("box"), told["market"], told["point"], slot, since, told["detail"])


def _epoch(moment: datetime | str) -> int:
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return int(found.timestamp())
