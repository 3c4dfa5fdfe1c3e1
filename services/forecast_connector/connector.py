"""The cloud side's blockchain-connector: the oracle's only way to the chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from clients import blockchain_connector
from clients.blockchain_connector import BlockchainConnectorApi, Rows, Transaction, TransactionActionsInner
from services.forecast_connector.errors import ConnectorAway, ConnectorRefused
from services.shared.clients import Header, How, Neighbour, NeighbourError, NeighbourRefused

R = TypeVar("R")

_PAGE = 1000
_WRITE_TIMEOUT_S = (2.0, 45.0)
_VALID_S = 60
"""A recording that a crash of the connector left unsent is worth nothing later: it is planned again."""


class Connector:
    """`header` gives the header that carries this program's token."""

    def __init__(self, base_url: str, header: Header) -> None:
        self._chain = Neighbour(blockchain_connector, BlockchainConnectorApi, base_url, header=header)

    def now(self) -> int:
        """The chain's time: that of its newest block, in seconds since the epoch. Raises ConnectorAway."""
        info = self._ask(lambda api, how: api.get_info(**how))
        return int(datetime.fromisoformat(str(info["head_block_time"])).timestamp())

    def rows(
        self, contract: str, table: str, scope: str, *, lower: int | None = None, upper: int | None = None
    ) -> list[dict[str, Any]]:
        """All rows of a table between two keys, both included. Raises ConnectorAway, ConnectorRefused."""
        first, last = _text(lower), _text(upper)

        def page(cursor: str | None) -> Rows:
            return self._ask(
                lambda api, how: api.get_table(
                    contract, table, scope, lower=first, upper=last, limit=_PAGE, cursor=cursor, **how
                )
            )

        part = page(None)
        found = part.items
        while part.next_cursor:
            part = page(part.next_cursor)
            found += part.items
        return found

    def transact(self, actions: Sequence[Mapping[str, Any]], idempotency_key: str) -> int:
        """Has the actions take effect together, or not at all; the block's number.

        Raises ConnectorRefused (for good) and ConnectorAway (try again with the same key).
        """
        calls = [TransactionActionsInner(**action) for action in actions]
        order = Transaction(actions=calls, confirm="block", valid_s=_VALID_S)
        told = self._ask(
            lambda api, how: api.post_transaction(payload=order, idempotency_key=idempotency_key, **how),
            timeout_s=_WRITE_TIMEOUT_S,
        )
        return told.block_num

    def close(self) -> None:
        """Lets go of the connections."""
        self._chain.close()

    def _ask(self, ask: Callable[[BlockchainConnectorApi, How], R], timeout_s: tuple[float, float] | None = None) -> R:
        try:
            return self._chain.call(ask, timeout_s=timeout_s)
        except NeighbourRefused as error:
            raise _refusal(error) from error
        except NeighbourError as error:
            raise ConnectorAway(f"the blockchain-connector is away: {error}") from error


def _refusal(error: NeighbourRefused) -> ConnectorAway | ConnectorRefused:
    in_flight = error.status == 409 and bool(error.problem.get("in_flight"))
    if in_flight or error.status in (429, 502, 503, 504):
        return ConnectorAway(f"the blockchain-connector: {error}")
    return ConnectorRefused(str(error.problem.get("rule") or ""), f"{error.status}: {error}")


def _text(key: int | None) -> str | None:
    return None if key is None else str(key)
