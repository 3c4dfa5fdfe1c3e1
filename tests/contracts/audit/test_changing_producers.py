"""Producers that the partners have voted for, twice: audit and settlement follow them, on the real chain library."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.audit import audit
from auditor.chain.blocks import Block
from auditor.settlement import files
from auditor.settlement.errors import Invalid, NotYet
from auditor.settlement.export import Exporter
from auditor.settlement.genesis import packed_genesis
from auditor.settlement.proofs import check_chain
from auditor.settlement.seals import Sealer
from auditor.settlement.verify import verify
from auditor.settlement.walk import walk
from auditor.settlement.wire import sha256
from services.shared.chain.key_file import K1Signer
from tests.contracts.audit.library import Library, SettlementNode
from tests.contracts.chain_tester import Act, ChainTester
from tests.contracts.scene import DAY_S, EUR, Scene, deploy_all, line, reading

BLOCKS = 200
"""Enough for four producers to make a schedule active, and to seal what was before."""
MONEY = 1000 * EUR
PRODUCERS = ("proda", "prodb", "prodc", "prodd")


def voted(chain: ChainTester, names: Sequence[str]) -> None:
    """Producers by the partners' vote, and some rounds of theirs."""
    producers = []
    for name in names:
        public, private = chain.new_key("K1")
        chain.sign_blocks(public, private)
        producers.append({"name": name, "key": public})
    chain.push(Act("consortium", "vote", {"partner": "partner", "producers": producers}, ["partner"]))
    for _ in range(BLOCKS):
        chain.produce()


def trade(scene: Scene, slot: int) -> None:
    """An offer of `seller`'s, sold to `buyer` and settled."""
    scene.slot = slot
    seller, buyer = scene.name("seller"), scene.name("buyer")
    scene.forecast(line(1, (1, 0, 10_000)))
    offer = scene.offer(seller, energy=1000, price=200_000)
    scene.bid(buyer, offer, 210_000)
    scene.at(scene.gate)
    scene.award(offer)
    scene.at(scene.end)
    scene.deliver(seller, reading(1, 900, 0, (1, 900)))
    scene.deliver(buyer, reading(2, 0, 1000))
    scene.settle(offer)


@dataclass
class Changed:
    """A chain on which people traded under each of three schedules of producers: the first, and two voted ones."""

    library: Library
    genesis: dict[str, Any]
    scene: Scene
    slots: tuple[int, int]


@pytest.fixture(scope="module")
def changed() -> Iterator[Changed]:
    with ChainTester(record=True) as chain:
        deploy_all(chain)
        for name in ("partner", *PRODUCERS):
            chain.create(name)
        chain.push(Act("consortium", "setpartners", {"partners": ["partner"]}, ["consortium"]))
        scene = Scene(chain)
        scene.participant("seller", units=1, money=MONEY)
        scene.participant("buyer", money=MONEY)
        begin = scene.slot
        trade(scene, begin)
        voted(chain, PRODUCERS)
        trade(scene, begin + DAY_S)
        voted(chain, PRODUCERS[1:])
        trade(scene, begin + 2 * DAY_S)
        for _ in range(BLOCKS):
            chain.produce()
        yield Changed(Library(chain), chain.genesis()["genesis"], scene, (begin, begin + 2 * DAY_S + 900))


def test_the_audit_follows_the_producers_from_the_first_key_on(changed: Changed) -> None:
    result = audit(changed.library, lambda _text: None)
    assert (result.finding, result.head.reason) == (None, "")
    versions = [block.header.schedule_version for block in changed.library.blocks()]
    assert sorted(set(versions)) == [0, 1, 2]
    assert (result.counts["logsettle"], result.head.rows > 0) == (3, True)


class Tampered:
    """The library's blocks, one of them changed."""

    def __init__(self, library: Library, number: int, **other: Any) -> None:
        self.chain_id, self.first_key = library.chain_id, library.first_key
        self._library, self._number, self._other = library, number, other

    def blocks(self) -> Iterator[Block]:
        for block in self._library.blocks():
            yield replace(block, **self._other) if block.number == self._number else block


@pytest.mark.parametrize("seed", range(12))
def test_a_block_by_a_producer_of_another_schedule_is_found(changed: Changed, seed: int) -> None:
    """Its signature is that of a block which a producer of the schedule before has made."""
    blocks = list(changed.library.blocks())
    choice = random.Random(seed)
    version = choice.choice((1, 2))
    taken = choice.choice([block for block in blocks if block.header.schedule_version == version])
    other = choice.choice([block for block in blocks if block.header.schedule_version == version - 1])
    found = audit(Tampered(changed.library, taken.number, signature=other.signature), lambda _text: None).finding
    assert found is not None
    assert (found.block, found.rule) == (taken.number, "producer")


def test_another_first_producer_is_found(changed: Changed) -> None:
    source = Tampered(changed.library, 0)
    source.first_key = K1Signer(bytes([7]) * 32).public_key
    found = audit(source, lambda _text: None).finding
    assert found is not None
    assert (found.block, found.rule) == (2, "producer")


def test_a_settlement_over_two_changes_of_the_producers_is_pinned_to_the_first_schedule(changed: Changed) -> None:
    node: Any = SettlementNode(changed.library)
    exporter = Exporter(node, changed.scene.market, changed.genesis, lambda _text: None)
    key = files.Key(ec.generate_private_key(ec.SECP256R1()))
    begin, end = changed.slots
    written = exporter.file(changed.scene.name("seller"), begin, end, key)
    verified = verify(written, chain_id=changed.library.chain_id)
    assert len(verified.statement["sold"]) == 3
    assert set(verified.sealed_by) <= set(PRODUCERS[1:])
    part = files.read(written)["chain"]
    assert [len(item["seal"]["headers"]) > 0 for item in part["schedules"]] == [True, True]
    with pytest.raises(Invalid):
        verify(written, chain_id="0" * 64)


def test_a_seal_leads_over_voted_schedules_to_the_chains_id(changed: Changed) -> None:
    node: Any = SettlementNode(changed.library)
    walked, genesis = walk(node, changed.scene.market, changed.library.last, lambda _text: None), changed.genesis
    part, tree = Sealer(node, walked, packed_genesis(genesis)).chain(after=20)
    assert part["id"] == sha256(packed_genesis(genesis)).hex() == changed.library.chain_id
    seal = check_chain(part)
    assert len({signed.header.producer for signed in seal.headers}) == 3
    for block in list(changed.library.blocks())[:20]:
        seal.check_holds(block.header, tree.path(block.number - 1))
    for fewer in _with_less(part):
        with pytest.raises(Invalid):
            check_chain(fewer)


def _with_less(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The part without one of the seal's headers, or without a change of the schedule."""
    for number in range(len(part["seal"]["headers"]) - 1):
        fewer = json.loads(json.dumps(part))
        del fewer["seal"]["headers"][number]
        yield fewer
    for number in range(len(part["schedules"])):
        fewer = json.loads(json.dumps(part))
        del fewer["schedules"][number]
        yield fewer


def test_what_stands_in_the_last_blocks_is_not_sealed_yet(changed: Changed) -> None:
    node: Any = SettlementNode(changed.library)
    walked = walk(node, changed.scene.market, changed.library.last, lambda _text: None)
    sealer = Sealer(node, walked, packed_genesis(changed.genesis))
    with pytest.raises(NotYet, match="too few blocks"):
        sealer.chain(after=changed.library.last - 2)
