"""Seals of a settlement (auditor/settlement) on the real chain library: producers that the partners have voted for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.settlement.errors import Invalid, NotYet
from auditor.settlement.genesis import packed_genesis
from auditor.settlement.proofs import check_chain
from auditor.settlement.seals import Sealer
from auditor.settlement.walk import Walked
from auditor.settlement.wire import Header, Reader, prefixed, sha256, varuint32
from services.shared.chain.keys import TYPES, to_text
from tests.contracts.chain_tester import Act, ChainTester
from tests.contracts.scene import deploy_all

PRODUCERS = ("proda", "prodb", "prodc", "prodd")
FIXED = 4 + 8 + 2 + 3 * 32 + 4 + 1
"""Bytes of a header up to its extensions."""
SIGNATURE = 65


def stored(block: bytes) -> tuple[Header, str]:
    """The header of a stored block, and its producer's signature."""
    reader = Reader(block)
    packed = reader.take(FIXED)
    count = reader.varuint32()
    extensions = [(reader.take(2), reader.prefixed()) for _ in range(count)]
    packed += varuint32(count) + b"".join(kind + prefixed(data) for kind, data in extensions)
    curve = TYPES[reader.integer(1)]
    return Header.unpack(packed), to_text("SIG", curve, reader.take(SIGNATURE))


class Stored:
    """The library's blocks in place of a node: told as a node tells them, without the headers' extensions."""

    def __init__(self, chain: ChainTester) -> None:
        self._schedule = chain.schedule()["active"]
        self._schedule = json.loads(self._schedule) if isinstance(self._schedule, str) else self._schedule
        self.about = chain.genesis()
        self.blocks = [stored(chain.block(number)) for number in range(1, self.about["head"] + 1)]
        self.walked = Walked(ids=[header.id for header, _ in self.blocks])
        for (before, _), (header, _) in zip(self.blocks, self.blocks[1:], strict=False):
            assert header.previous == before.id
            if header.schedule_version != before.schedule_version:
                self.walked.versions[header.number] = header.schedule_version

    @property
    def genesis(self) -> bytes:
        return packed_genesis(self.about["genesis"])

    def schedules(self) -> list[Mapping[str, Any]]:
        return [self._schedule]

    def block(self, number: int) -> dict[str, Any]:
        header, signature = self.blocks[number - 1]
        moment = datetime.fromtimestamp(header.timestamp / 2 + 946_684_800, UTC)
        return {
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
            "producer": header.producer,
            "confirmed": header.confirmed,
            "previous": header.previous.hex(),
            "transaction_mroot": header.transaction_mroot.hex(),
            "action_mroot": header.action_mroot.hex(),
            "schedule_version": header.schedule_version,
            "producer_signature": signature,
        }


def voted(chain: ChainTester) -> None:
    """Four producers by the partners' vote, and some rounds of theirs."""
    chain.create("partner")
    producers = []
    for name in PRODUCERS:
        chain.create(name)
        public, private = chain.new_key("K1")
        chain.sign_blocks(public, private)
        producers.append({"name": name, "key": public})
    chain.push(Act("consortium", "setpartners", {"partners": ["partner"]}, ["consortium"]))
    chain.push(Act("consortium", "vote", {"partner": "partner", "producers": producers}, ["partner"]))
    for _ in range(100):
        chain.produce()


@pytest.fixture(scope="module")
def blocks() -> Stored:
    with ChainTester() as chain:
        deploy_all(chain)
        voted(chain)
        return Stored(chain)


def test_a_seal_leads_over_a_voted_schedule_to_the_chains_id(blocks: Stored) -> None:
    node: Any = blocks
    sealer = Sealer(node, blocks.walked, blocks.genesis)
    part, tree = sealer.chain(after=20)
    assert part["id"] == sha256(blocks.genesis).hex() == blocks.about["id"]
    assert [len(item["seal"]["headers"]) for item in part["schedules"]] == [1]
    seal = check_chain(part)
    assert len({signed.header.producer for signed in seal.headers}) == 3
    for header, _ in blocks.blocks[:20]:
        seal.check_holds(header, tree.path(header.number - 1))
    for number in range(len(part["seal"]["headers"]) - 1):
        fewer = json.loads(json.dumps(part))
        del fewer["seal"]["headers"][number]
        with pytest.raises(Invalid):
            check_chain(fewer)


def test_what_stands_in_the_last_blocks_is_not_sealed_yet(blocks: Stored) -> None:
    node: Any = blocks
    sealer = Sealer(node, blocks.walked, blocks.genesis)
    with pytest.raises(NotYet, match="too few blocks"):
        sealer.chain(after=len(blocks.blocks) - 2)
