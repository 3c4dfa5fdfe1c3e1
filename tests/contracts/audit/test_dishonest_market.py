"""A market's contract that was built to award wrongly (tests/contracts/dishonest): the auditor finds what it did.

What is wrong with an offer is in the last two digits of its energy; one that ends in 00 is treated honestly.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from enum import IntEnum

import pytest

from auditor.audit import Result, audit
from auditor.chain.known import known_code
from tests.contracts.audit.library import Library
from tests.contracts.chain_tester import REPOSITORY, ChainTester
from tests.contracts.scene import EUR, ISSUER, Scene, deploy_all, line, reading

BUILT = REPOSITORY / "tests/contracts/dishonest/build"
CODE = hashlib.sha256((BUILT / "tbimarket.wasm").read_bytes()).hexdigest()
KNOWN = {**known_code(), "tbimarket": [*known_code()["tbimarket"], CODE]}
MONEY = 10_000 * EUR
TICK = 1000


class Wrong(IntEnum):
    """What the contract does with an offer."""

    NOTHING = 0
    SECOND_HIGHEST = 1
    PRICE = 2
    UNSOLD_THOUGH_BID = 3
    TO_A_FRIEND = 4
    TOO_EARLY = 5
    UNTOLD = 6
    PAYS_TOO_LITTLE = 7
    PAYS_OTHERWISE_THAN_TOLD = 8


RULES = {
    Wrong.SECOND_HIGHEST: ("M-AWD-01", "tbimarket::logaward"),
    Wrong.PRICE: ("M-AWD-01", "tbimarket::logaward"),
    Wrong.UNSOLD_THOUGH_BID: ("M-AWD-01", "tbimarket::logaward"),
    Wrong.TO_A_FRIEND: ("M-AWD-01", "tbimarket::logaward"),
    Wrong.TOO_EARLY: ("M-AWD-01", "tbimarket::award"),
    Wrong.UNTOLD: ("M-AWD-01", "tbimarket::award"),
    Wrong.PAYS_TOO_LITTLE: ("M-SET-05", "tbimarket::logsettle"),
    Wrong.PAYS_OTHERWISE_THAN_TOLD: ("M-LED-03", ""),
}

SEEDS = {wrong: range(12 if wrong == Wrong.UNTOLD else 6) for wrong in RULES}
"""A dozen and more of each: forged awards (five ways), a missing event, a moved cent (two ways)."""


class Auction:
    """Honest offers of a seed's, and one among them that is not."""

    def __init__(self, chain: ChainTester, seed: int, wrong: Wrong) -> None:
        self._choice, self._wrong = random.Random(seed), wrong
        self.scene = Scene(chain, params={"max_offers": 8, "max_bids": 64})
        self._seller = self.scene.participant("seller", units=1, money=MONEY)
        self._buyers = [
            self.scene.participant(f"b{name}", money=MONEY) for name in "xyzw"[: self._choice.randint(2, 4)]
        ]
        self.scene.pay_in(ISSUER, MONEY)
        self.scene.forecast(line(1, (1, 0, 1_000_000)))
        kinds = [Wrong.NOTHING] * self._choice.randint(1, 4)
        kinds.insert(self._choice.randint(0, len(kinds)), wrong)
        self._offers = {self._offered(kind): kind for kind in kinds}

    def _offered(self, kind: Wrong) -> int:
        energy = 100 * self._choice.randint(5, 50) + kind
        return self.scene.offer(self._seller, energy=energy, price=TICK * self._choice.randint(100, 300))

    def play(self) -> None:
        """To the settlement of all."""
        for offer, kind in self._offers.items():
            self._bid(offer, at_least=0 if kind == Wrong.NOTHING else 2)
        self._decide()
        self.scene.at(self.scene.end)
        self.scene.deliver(self._seller, reading(1, 10**6, 0, (1, 10**6)))
        for point, buyer in enumerate(self._buyers, 2):
            self.scene.deliver(buyer, reading(point, 0, 10**6))
        for row in self.scene.rows("tbimarket", "offers"):
            if row["status"] == 1:
                self.scene.settle(row["id"])

    def _bid(self, offer: int, at_least: int) -> None:
        price = self.scene.row("offers", offer)["start_price"]
        buyers = self._choice.sample(self._buyers, self._choice.randint(at_least, len(self._buyers)))
        for buyer in buyers:
            price += TICK * self._choice.randint(1, 20)
            self.scene.bid(buyer, offer, price)

    def _decide(self) -> None:
        if self._wrong == Wrong.TOO_EARLY:
            self.scene.award(next(offer for offer, kind in self._offers.items() if kind == self._wrong))
        self.scene.at(self.scene.gate + self.scene.params["extend_s"])
        for offer, kind in self._offers.items():
            if kind != Wrong.TOO_EARLY:
                self.scene.award(offer)


@pytest.fixture
def chain() -> Iterator[ChainTester]:
    with ChainTester(record=True) as tester:
        deploy_all(tester)
        tester.deploy("tbimarket", "tbimarket", BUILT)
        yield tester


def audited(chain: ChainTester, known: dict[str, list[str]] | None = None) -> Result:
    return audit(Library(chain), lambda _text: None, known or KNOWN)


def test_what_it_does_honestly_is_equal_but_its_code_is_not_known(chain: ChainTester) -> None:
    Auction(chain, 1, Wrong.NOTHING).play()
    result = audited(chain)
    assert (result.finding, result.head.reason) == (None, "")
    assert result.counts["logsettle"] > 0
    assert result.head.rows > 0
    unknown = audited(chain, known_code()).finding
    assert unknown is not None
    assert (unknown.rule, unknown.found) == ("code", CODE)


@pytest.mark.parametrize(("wrong", "seed"), [(wrong, seed) for wrong, seeds in SEEDS.items() for seed in seeds])
def test_what_it_does_wrongly_is_found(chain: ChainTester, wrong: Wrong, seed: int) -> None:
    Auction(chain, seed, wrong).play()
    found = audited(chain).finding
    assert found is not None
    rule, action = RULES[wrong]
    assert found.rule == rule, found
    if action:
        assert found.action == action, found
    else:
        assert found.action.startswith("rows of tbimarket"), found
