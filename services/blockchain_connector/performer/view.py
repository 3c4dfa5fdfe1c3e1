"""The chain as one round over many orders looks at it."""

from __future__ import annotations

from services.blockchain_connector.domain import Order
from services.shared.chain.client import ChainClient
from services.shared.chain.model import ChainInfo


class View:
    """The chain as one node has it, each thing asked once: for one round over many orders."""

    def __init__(self, chain: ChainClient) -> None:
        self._chain = chain
        self._info: ChainInfo | None = None
        self._block_ids: dict[int, str] = {}

    def info(self) -> ChainInfo:
        if self._info is None:
            self._info = self._chain.info()
        return self._info

    def has(self, order: Order) -> bool:
        """Whether the order's block stands where it stood (as far as is known)."""
        if self.info().head_block_num < order.block_num:
            return False
        return order.block_id in ("", self.block_id(order.block_num))

    def block_id(self, number: int) -> str:
        if number not in self._block_ids:
            self._block_ids[number] = self._chain.block_id(number)
        return self._block_ids[number]
