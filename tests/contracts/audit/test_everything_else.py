"""The audit over what seldom happens: random stories of all actions, a new key in mid-auction, new prices, new code."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from auditor.audit import Result, audit
from auditor.chain.blocks import Block
from auditor.chain.known import known_code
from auditor.settlement.wire import sha256
from tests.contracts.audit.library import Library
from tests.contracts.chain_tester import REPOSITORY, Act, ChainTester, code_of
from tests.contracts.governed import govern, new_code
from tests.contracts.scene import DAY_S, EUR, Scene, deploy_all, line, reading
from tests.contracts.test_differential import play
from tests.contracts.test_upgrade import OLD

MONEY = 1000 * EUR
NEXT = REPOSITORY / "tests/contracts/upgrade/build"
STORIES = range(40, 48)
SEEDS = range(14)
FORGED = ("passaccept", "p2paccept", "mintp2x", "passpropose", "rekey", "passend", "p2ppropose")
SELDOM = (
    *("passpropose", "passaccept", "passend", "passdrop", "p2ppropose", "p2paccept", "p2pdrop", "mintp2x"),
    *("rekey", "retract", "withdraw", "forecast", "erase", "expire", "raise"),
)


@pytest.fixture(scope="module")
def played() -> Iterator[Library]:
    """Stories of the differential test: every kind of action, by everybody, keys changed in between."""
    with ChainTester(record=True) as chain:
        deploy_all(chain)
        for seed in STORIES:
            play(chain, seed)
        yield Library(chain)


@pytest.fixture
def chain() -> Iterator[ChainTester]:
    with ChainTester(record=True) as tester:
        deploy_all(tester)
        yield tester


@pytest.fixture
def scene(chain: ChainTester) -> Scene:
    """Offer 1 of the seller's, with a bid of `one`'s; `two` has money, too."""
    scene = Scene(chain)
    seller = scene.participant("seller", units=1, money=MONEY)
    for buyer in ("one", "two"):
        scene.participant(buyer, money=MONEY)
    scene.forecast(line(1, (1, 0, 100_000)))
    scene.offer(seller, energy=1000, price=200_000)
    scene.bid(scene.name("one"), 1, 200_000)
    return scene


def settled(scene: Scene) -> None:
    """From the gate to the settlement of the sold offers."""
    scene.at(scene.gate + scene.params["extend_s"])
    for row in scene.rows("tbimarket", "offers"):
        scene.award(row["id"])
    scene.at(scene.end)
    scene.deliver(scene.name("seller"), reading(1, 2000, 0, (1, 2000)))
    for point, buyer in ((2, "one"), (3, "two")):
        scene.deliver(scene.name(buyer), reading(point, 0, 1000))
    for row in scene.rows("tbimarket", "offers"):
        scene.settle(row["id"])


def audited(source: Any, known: dict[str, list[str]] | None = None) -> Result:
    return audit(source, lambda _text: None, known)


def test_random_stories_are_equal_to_the_last_row(played: Library) -> None:
    result = audited(played)
    assert (result.finding, result.head.reason) == (None, "")
    assert {name for name in SELDOM if not result.counts[name]} == set()
    boxes = [key for key in result.keys if key["key"].startswith("PUB_R1_")]
    assert len(boxes) > 4 * len(STORIES)


class Tampered:
    """The stories' blocks as one shows them who could sign as the producer; `change` makes another block, or None."""

    def __init__(self, library: Library, change: Callable[[Block], Block | None]) -> None:
        self.chain_id, self.first_key = library.chain_id, library.first_key
        self._library, self._change = library, change

    def blocks(self) -> Iterator[Block]:
        for block in self._library.blocks():
            yield self._change(block) or block


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seldom_action_that_is_told_otherwise_is_found(played: Library, seed: int) -> None:
    """A bit of one of them is another: its signature no longer is one of its actor's key."""
    name = FORGED[seed % len(FORGED)]
    choice = random.Random(f"{name} {seed}")
    block, item, at = choice.choice(_included(played, name))

    def change(other: Block) -> Block | None:
        if other.number != block.number:
            return None
        packed = bytearray(item.packed)
        packed[at + choice.randrange(8)] ^= 1 << choice.randrange(8)
        forged = replace(item, packed=bytes(packed))
        traces = {
            sha256(bytes(packed)).hex() if key == item.id else key: own for key, own in (other.traces or {}).items()
        }
        return replace(
            other, transactions=tuple(forged if one is item else one for one in other.transactions), traces=traces
        )

    found = audit(Tampered(played, change), lambda _text: None, proofs=False).finding
    assert found is not None
    assert (found.block, found.rule, found.key[:4]) == (block.number, "M-REG-04", "PUB_")


def _included(library: Library, name: str) -> list[tuple[Block, Any, int]]:
    """Blocks and transactions with such an action, and where its data begin (8 bytes of the market's name)."""
    return [
        (block, item, item.packed.index(act.data))
        for block in library.blocks()
        for item in block.transactions
        if item.packed
        for act in item.actions
        if act.name == name
    ]


def test_a_box_gets_another_key_in_mid_auction(scene: Scene) -> None:
    one = scene.name("one")
    before = scene.keys[one]
    after = scene.chain.change_key(one, "R1")
    scene.registry_does("rekey", box=one, key=after)
    scene.bid(scene.name("two"), 1, 210_000)
    scene.bid(one, 1, 220_000)
    settled(scene)
    result = audited(Library(scene.chain))
    assert (result.finding, result.head.reason) == (None, "")
    keys = {key["key"]: key for key in result.keys}
    assert [keys[key]["accounts"] for key in (before, after)] == [[one], [one]]
    assert keys[before]["last_block"] <= keys[after]["first_block"]


def test_prices_and_parameters_change_while_an_auction_is_open(scene: Scene) -> None:
    later = scene.slot + 8 * DAY_S
    prices = {"from_slot": later, "evu_buy": 70_000, "evu_sell": 300_000}
    scene.market_does("setprices", by="tbimarket", prices=prices)
    scene.market_does("setparams", by="tbimarket", params={**scene.params, "from_slot": later, "tick": 5000})
    settled(scene)
    scene.at(later - DAY_S)
    scene.slot = later
    scene.forecast(line(1, (1, 0, 100_000)))
    scene.offer(scene.name("seller"), energy=700, price=200_000)
    scene.bid(scene.name("two"), 2, 200_000)
    scene.bid(scene.name("one"), 2, 205_000)
    scene.at(scene.gate + scene.params["extend_s"])
    scene.award(2)
    result = audited(Library(scene.chain))
    assert (result.finding, result.head.reason) == (None, "")
    assert (result.counts["setprices"], result.counts["setparams"], result.counts["award"]) == (1, 1, 2)


def test_two_governors_set_new_code_while_an_auction_is_open(scene: Scene) -> None:
    """The next version's rows and actions are told by its ABI; its code has to be a known one."""
    governed = govern(scene.chain)
    assert governed.decide("upgrade", *new_code("tbimarket", "tbimarket", NEXT)) == []
    scene.chain.learn("tbimarket", code_of("tbimarket", NEXT)[1])
    one, two = scene.name("one"), scene.name("two")
    scene.market_does("bid", by=two, bidder=two, offer=1, price=210_000, via="tbiadmin")
    by_the_old_version = OLD.pack_action("bid", {"market": scene.market, "bidder": one, "offer": 1, "price": 220_000})
    scene.chain.push(Act("tbimarket", "bid", by_the_old_version.hex(), [one]))
    settled(scene)
    code = sha256((NEXT / "tbimarket.wasm").read_bytes()).hex()
    unknown = audited(Library(scene.chain)).finding
    assert unknown is not None
    assert (unknown.rule, unknown.found) == ("code", code)
    result = audited(Library(scene.chain), {**known_code(), "tbimarket": [*known_code()["tbimarket"], code]})
    assert (result.finding, result.head.reason) == (None, "")
    assert [item["sha256"] == code for item in result.codes if item["account"] == "tbimarket"] == [False, True]
