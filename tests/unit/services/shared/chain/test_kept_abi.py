"""How a contract's ABI is kept: read again only when the node says that it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from services.shared.chain import reading
from services.shared.chain.errors import NotFound
from services.shared.chain.reading import ChainReader

_ABI = {"version": "eosio::abi/1.1", "structs": [], "actions": [], "tables": [], "types": []}


class Node:
    """Answers for one contract, whose ABI may change, and notes what it was asked."""

    def __init__(self) -> None:
        self.digest = "aa"
        self.asked: list[tuple[str, Any]] = []
        self.carries = True

    def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        name = path.rpartition("/")[2]
        self.asked.append((name, body.get("abi_hash")))
        if name == "get_abi":
            return {"abi": _ABI} if self.carries else {}
        return {"abi_hash": self.digest}

    def names(self) -> list[str]:
        found, self.asked = [name for name, _ in self.asked], []
        return found


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    told = [1000.0]
    monkeypatch.setattr(reading.time, "monotonic", lambda: told[0])
    return told


@pytest.fixture
def reader(node: Node, monkeypatch: pytest.MonkeyPatch) -> ChainReader:
    made = ChainReader(["http://nowhere"])
    monkeypatch.setattr(made, "_rpc", node)
    return made


def test_it_is_kept_for_a_minute_and_on_while_it_is_the_same(reader: ChainReader, node: Node, now: list[float]) -> None:
    first = reader.abi("tbiclsbox")
    assert node.names() == ["get_abi"]
    now[0] += 59
    assert reader.abi("tbiclsbox") is first
    assert node.names() == []
    now[0] += 2
    known = reader.abi("tbiclsbox")
    assert node.names() == ["get_raw_abi", "get_abi"]  # now its digest is known
    for _ in range(3):
        now[0] += 61
        assert reader.abi("tbiclsbox") is known
        assert node.asked == [("get_raw_abi", "aa")]
        node.names()


def test_another_one_is_read(reader: ChainReader, node: Node, now: list[float]) -> None:
    reader.abi("tbiclsbox")
    now[0] += 61
    known = reader.abi("tbiclsbox")
    node.names()
    node.digest = "bb"
    now[0] += 61
    assert reader.abi("tbiclsbox") is not known
    assert node.names() == ["get_raw_abi", "get_abi"]
    now[0] += 61
    reader.abi("tbiclsbox")
    assert node.asked == [("get_raw_abi", "bb")]


def test_one_that_is_gone_is_told(reader: ChainReader, node: Node, now: list[float]) -> None:
    reader.abi("tbiclsbox")
    node.carries, node.digest = False, "00"
    now[0] += 61
    with pytest.raises(NotFound):
        reader.abi("tbiclsbox")
