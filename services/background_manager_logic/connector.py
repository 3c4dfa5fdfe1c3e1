"""The chain through the cloud side's Blockchain-Connector, called with this service's token: one method a route."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from clients import blockchain_connector
from clients.blockchain_connector import BlockchainConnectorApi, NewAccount, Rows, Transaction, TransactionActionsInner
from services.background_manager_logic.errors import ChainRefused, ChainSilent, ChainWrong
from services.shared.clients import How, Neighbour, NeighbourError, NeighbourRefused, NeighbourSilent
from services.shared.web.service_token import ServiceTokens

R = TypeVar("R")

_TIMEOUT_S = (2.0, 25.0)
"""A write is answered when it stands in a block; the connector gives up after 20 s by itself."""

_PAGE = 1000
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a contract; whose authority it takes, the connector knows."""

    account: str
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a transaction stands."""

    transaction_id: str
    block_num: int


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An irreversible action of a market contract. `kind`: `tbimarket.bid`; `data`: see the connector's watcher."""

    id: int
    kind: str
    data: Mapping[str, Any]


class Connector:
    """Safe for several threads. All calls raise ChainSilent and ChainWrong."""

    def __init__(self, base_url: str, tokens: ServiceTokens) -> None:
        self._chain = Neighbour(
            blockchain_connector, BlockchainConnectorApi, base_url, header=tokens.header, timeout_s=_TIMEOUT_S
        )

    def rows(
        self,
        contract: str,
        table: str,
        scope: str,
        *,
        lower: int | str | None = None,
        upper: int | str | None = None,
        index: int | None = None,
        key_type: str | None = None,
    ) -> list[Row]:
        """All rows between the bounds (inclusive), in the order of the index (1: the primary one), as at the head.

        `key_type` says how the bounds are written: i64, name, sha256.
        """

        def page(cursor: str | None) -> Rows:
            return self._ask(
                lambda api, how: api.get_table(
                    contract,
                    table,
                    scope,
                    lower=_text(lower),
                    upper=_text(upper),
                    index=index,
                    key_type=key_type,
                    limit=_PAGE,
                    cursor=cursor,
                    **how,
                )
            )

        part = page(None)
        found: list[Row] = part.items
        while part.next_cursor:
            part = page(part.next_cursor)
            found += part.items
        return found

    def head(self) -> tuple[int, int]:
        """The newest block's number, and its time in seconds since the epoch."""
        told = self._info()
        try:
            at = datetime.fromisoformat(str(told["head_block_time"]))
            return int(str(told["head_block_num"])), int(at.timestamp())
        except (KeyError, ValueError) as error:
            raise ChainWrong("the connector does not say where the chain is; see its version") from error

    def chain_id(self) -> str:
        """Which chain it is."""
        told = self._info().get("chain_id")
        if not isinstance(told, str):
            raise ChainWrong("the connector does not say which chain it reads; see its version")
        return told

    def transact(self, actions: Sequence[Action], idempotency_key: str) -> Receipt:
        """The actions in one transaction, in a block when this returns. Raises ChainRefused."""
        calls = [TransactionActionsInner(account=a.account, name=a.name, data=dict(a.data)) for a in actions]
        order = Transaction(actions=calls)
        told = self._ask(lambda api, how: api.post_transaction(payload=order, idempotency_key=idempotency_key, **how))
        return Receipt(told.transaction_id, told.block_num)

    def make_account(self, account_name: str, public_key: str) -> Receipt | None:
        """An account with this key; None when it is there already with that key. Raises ChainRefused (another key)."""
        wanted = NewAccount(account_name=account_name, public_key=public_key)
        told = self._ask(lambda api, how: api.post_account(payload=wanted, **how))
        if told.transaction_id is None or told.block_num is None:
            return None
        return Receipt(told.transaction_id, told.block_num)

    def feed(self, since: int) -> list[FeedItem]:
        """What became irreversible after the item `since`, in order; a part of it when there is much."""
        try:
            told = self._chain.text(
                lambda api, how: api.get_events_without_preload_content(since=since, follow_s=0, **how)
            )
        except NeighbourError as error:
            raise failed(error) from error
        try:
            return list(_items(told))
        except (KeyError, ValueError) as error:
            raise ChainWrong("the connector's feed is no stream of events; see its version") from error

    def _info(self) -> Mapping[str, object]:
        return self._ask(lambda api, how: api.get_info(**how))

    def _ask(self, ask: Callable[[BlockchainConnectorApi, How], R]) -> R:
        try:
            return self._chain.call(ask)
        except NeighbourError as error:
            raise failed(error) from error


def failed(error: NeighbourError) -> Exception:
    """What an answer that is no success means."""
    if isinstance(error, NeighbourSilent):
        return ChainSilent(f"the blockchain-connector cannot be asked: {error}; see whether it runs")
    if not isinstance(error, NeighbourRefused):
        return ChainWrong(f"the blockchain-connector speaks otherwise: {error}; see its version")
    if error.status in (503, 504) or error.retry_after is not None:
        return ChainSilent(str(error))
    if error.status == 409:
        rule = error.problem.get("rule")
        return ChainRefused(rule if isinstance(rule, str) else None, str(error))
    return ChainWrong(f"the blockchain-connector answered {error.status}: {error}")


def _text(key: int | str | None) -> str | None:
    return None if key is None else str(key)


def _items(text: str) -> Iterator[FeedItem]:
    """Server-sent events as the connector writes them: one line each of id, event and data."""
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            yield FeedItem(int(fields["id"]), fields["event"], json.loads(fields["data"]))
