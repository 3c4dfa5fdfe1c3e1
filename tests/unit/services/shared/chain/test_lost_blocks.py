"""A killed node's traces may tell of a block that it lost: nothing is believed of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, cast

import pytest

from services.shared.chain.errors import ChainUnavailable
from services.shared.chain.reading import ChainReader

LOST, STANDS = "aa" * 32, "bb" * 32
AT = "2026-11-29T06:52:58.500"
LATER = "2026-11-29T06:53:15.500"
INFO = {
    "chain_id": "00" * 32,
    "head_block_num": 20,
    "head_block_id": "cc" * 32,
    "head_block_time": "2026-11-29T06:54:00.000",
    "last_irreversible_block_num": 19,
    "last_irreversible_block_id": "dd" * 32,
    "last_irreversible_block_time": "2026-11-29T06:53:59.500",
    "server_version_string": "",
}


class LosingNode:
    """One that lost block 7 and made another one; its trace API tells the lost one, and the transaction in it."""

    def __init__(self, stands_at: str) -> None:
        self.stands_at = stands_at

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        number = int((body or {}).get("block_num", 7))
        match path:
            case "/v1/chain/get_info":
                return INFO
            case "/v1/trace_api/get_transaction_trace":
                return {"id": "t", "block_num": 7, "block_time": AT, "actions": []}
            case "/v1/chain/get_block_info":
                return {"id": STANDS, "timestamp": self.stands_at} if number >= 7 else {"id": "", "timestamp": AT[:-7]}
            case _:
                return {"id": LOST, "timestamp": f"{AT}Z", "transactions": [{"id": "t"}]}

    def one_node(self) -> nullcontext[None]:
        return nullcontext()

    def each_node(self) -> Iterator[None]:
        yield None


def reader(stands_at: str) -> ChainReader:
    made = ChainReader(["http://127.0.0.1:1"])
    made._rpc = cast(Any, LosingNode(stands_at))
    return made


def test_r1_a_transaction_of_a_lost_block_stands_in_none() -> None:
    assert reader(LATER).transaction("t") is None


def test_one_whose_block_stands_is_told_with_its_id() -> None:
    found = reader(AT).transaction("t")
    assert found is not None
    assert (found.block_num, found.block_id) == (7, STANDS)


def test_r1_whether_an_expired_one_stands_somewhere_is_not_concluded_from_a_lost_block() -> None:
    with pytest.raises(ChainUnavailable, match="no node has all blocks"):
        reader(LATER).place_among("t", 1796000000.0, 1796000010.0)
