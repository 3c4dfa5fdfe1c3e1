"""The tables at a node's head: compared also when the market acted after the last irreversible block, or it is told why
not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from auditor.audit import Result, audit
from auditor.chain.blocks import Block
from tests.contracts.audit.library import Library
from tests.contracts.chain_tester import ChainTester
from tests.contracts.scene import EUR, Scene, deploy_all, line

MONEY = 1000 * EUR


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """An auction with a bid, and blocks after it."""
    with ChainTester(record=True) as chain:
        deploy_all(chain)
        scene = Scene(chain)
        seller = scene.participant("seller", units=1, money=MONEY)
        for buyer in ("one", "two"):
            scene.participant(buyer, money=MONEY)
        scene.forecast(line(1, (1, 0, 100_000)))
        scene.offer(seller, energy=1000, price=200_000)
        chain.produce()
        yield scene


class Behind(Library):
    """Only what is there when it is made is irreversible."""

    later_price = 200_000

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.chain)
        self.scene = scene

    def act(self) -> None:
        Behind.later_price += 10_000
        self.scene.bid(self.scene.name(("one", "two")[Behind.later_price // 10_000 % 2]), 1, Behind.later_price)


class ActingOn(Behind):
    """The market acts while its rows are read, the first `times`."""

    times = 1

    def rows(self, contract: str, scope: str, table: str) -> list[dict[str, Any]]:
        found = super().rows(contract, scope, table)
        if table == "balances" and self.times > 0:
            self.times -= 1
            self.act()
        return found


class OnAnotherBranch(Behind):
    """The block after the last irreversible one is one of another branch."""

    def block(self, number: int) -> Block:
        block = super().block(number)
        if number <= self.last:
            return block
        return replace(block, header=replace(block.header, previous=bytes(32)))


class WrongRow(Behind):
    """A node that tells an account of another amount."""

    def rows(self, contract: str, scope: str, table: str) -> list[dict[str, Any]]:
        found = super().rows(contract, scope, table)
        return [{**row, "available": row["available"] + 1} for row in found] if table == "ledger" else found


def audited(source: Behind) -> Result:
    return audit(source, lambda _text: None)


def test_what_is_not_final_yet_is_replayed_before_the_rows_are_compared(scene: Scene) -> None:
    source = Behind(scene)
    source.act()
    scene.chain.produce()
    result = audited(source)
    assert (result.finding, result.head.reason, result.head.reversible) == (None, "", 1)
    assert result.blocks == source.last + 1
    assert result.head.rows > 0


def test_rows_are_read_again_when_the_market_acts_meanwhile(scene: Scene) -> None:
    result = audited(ActingOn(scene))
    assert (result.finding, result.head.reason) == (None, "")
    assert result.head.reversible > 0
    assert result.head.rows > 0


def test_a_market_that_never_pauses_is_told(scene: Scene) -> None:
    source = ActingOn(scene)
    source.times = 1000
    result = audited(source)
    assert (result.finding, result.head.rows) == (None, 0)
    assert "the market acted each time" in result.head.reason
    assert result.as_json()["rows_not_compared"] == result.head.reason


def test_another_branch_is_told_and_is_no_divergence(scene: Scene) -> None:
    source = OnAnotherBranch(scene)
    scene.chain.produce()
    result = audited(source)
    assert (result.finding, result.head.rows) == (None, 0)
    assert "another branch" in result.head.reason


def test_a_node_that_tells_another_amount_is_found(scene: Scene) -> None:
    found = audited(WrongRow(scene)).finding
    assert found is not None
    assert (found.rule, found.action) == ("M-LED-03", f"rows of tbimarket {scene.market} ledger")
