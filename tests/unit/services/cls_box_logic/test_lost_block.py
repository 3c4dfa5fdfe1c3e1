"""An offer whose block the node has lost when its id is asked for: nobody is told an answer without an id for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from market.values import EosName, MastrNumber, Price, Slot, WattHours
from services.cls_box_logic.answers import Answers
from services.cls_box_logic.connector import Connector, Receipt
from services.cls_box_logic.domain.orders import Limits, Offer
from services.cls_box_logic.errors import ChainAway
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.provisioning import Box, Unit
from services.cls_box_logic.service.carrier import Carrier
from services.cls_box_logic.service.orders import Orders

UNIT = MastrNumber("SEE900000000119")
OFFER = Offer(EosName("lem"), UNIT, Slot(1_795_305_600), WattHours(1000), Price(200_000), 42)


@dataclass
class Chain:
    """A node that has made the block, lost it, and gets the transaction again: connector and registry in one."""

    offers: list[dict[str, Any]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def transact(self, _actions: object, key: str) -> Receipt:
        self.sent.append(key)
        return Receipt("ab" * 32, 4922)

    def rows(self, *_where: object, **_range: object) -> list[dict[str, Any]]:
        return self.offers

    def unit(self, *_about: object) -> int:
        return 7

    def participant(self, *_about: object) -> int:
        return 1

    def account(self) -> EosName:
        return EosName("sellerabcde1")


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, lambda: 1_795_300_000_000)


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path, lambda: 1_795_300_000_000, "this process")


@pytest.fixture
def orders(chain: Chain, journal: Journal, answers: Answers) -> Orders:
    limits = Limits(WattHours(5000), Price(10_000), Price(500_000), cast(Any, 10**8))
    unit = cast(Unit, type("_", (), {"mastr_nr": UNIT}))
    box = Box("seller", "127.0.1.11", EosName("lem"), b"s" * 16, (), (unit,), limits)
    return Orders(
        box=box,
        ownership=cast(Ownership, chain),
        participation=cast(Participation, chain),
        connector=cast(Connector, chain),
        carrier=Carrier(answers, journal),
    )


def test_the_answer_waits_until_the_offer_stands_on_the_chain_again(
    orders: Orders, chain: Chain, journal: Journal
) -> None:
    with pytest.raises(ChainAway, match="ask with the same key"):
        orders.offer(OFFER, "key")
    assert journal.since(0, 10) == [], "nothing was answered yet"
    chain.offers.append({"id": 9, "client_key": "42"})
    assert orders.offer(OFFER, "key")["offer_id"] == 9
    assert set(chain.sent) == {"order:offer:key"}, "under one key: it has one effect"
    assert orders.offer(OFFER, "key")["offer_id"] == 9
    assert len(chain.sent) == 2, "and now it is answered"


def test_an_answer_that_was_kept_without_an_id_gets_one(orders: Orders, chain: Chain, answers: Answers) -> None:
    """As boxes kept them before."""
    chain.offers.append({"id": 9, "client_key": "42"})
    orders.offer(OFFER, "first")
    answers._database.connection().execute("UPDATE answers SET answer = replace(answer, ': 9,', ': null,')")
    kept = answers._database.connection().execute("SELECT answer FROM answers").fetchone()[0]
    assert '"offer_id": null' in kept
    assert orders.offer(OFFER, "first")["offer_id"] == 9
