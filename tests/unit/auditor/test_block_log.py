"""A recorded block log that somebody has changed: in haste, or with all hashes made anew, or as its own producer."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.audit import audit
from auditor.chain.blocks import Block, Included, of_bytes
from auditor.chain.sources import BlockLogSource
from auditor.errors import Finding
from auditor.settlement.genesis import packed_size
from auditor.settlement.proofs import Tree
from auditor.settlement.wire import prefixed, to_binary, varuint32

LOG = Path(__file__).with_name("recorded_day") / "blocks.log.gz"
HEAD = 8 + packed_size() + 8
SEEDS = range(12)
Change = Callable[[list[Block], random.Random], int]
"""Changes the blocks in place; gives the number of the first that is another."""


def blocks_of(log: bytes) -> list[Block]:
    """Each block is followed by its position."""
    found, end = [], len(log)
    while end > HEAD:
        begin = int.from_bytes(log[end - 8 : end], "little")
        found.append(of_bytes(log[begin : end - 8]))
        end = begin
    return found[::-1]


def log_of(head: bytes, blocks: list[Block]) -> bytes:
    log = bytearray(head)
    for block in blocks:
        begin = len(log)
        log += block.header.pack() + to_binary("SIG", block.signature) + varuint32(len(block.transactions))
        log += b"".join(receipt(item) for item in block.transactions) + b"\0" + begin.to_bytes(8, "little")
    return bytes(log)


def receipt(item: Included) -> bytes:
    words = bytes([item.status]) + item.cpu_us.to_bytes(4, "little") + varuint32(item.net_words)
    if item.deferred:
        return words + b"\0" + item.deferred
    signatures = varuint32(len(item.signatures)) + b"".join(to_binary("SIG", one) for one in item.signatures)
    return words + b"\1" + signatures + bytes([item.compression]) + prefixed(item.context_free) + prefixed(item.packed)


def places(blocks: list[Block], *names: str) -> list[tuple[int, int]]:
    """Block and transaction of all transactions with such an action of the market's."""
    return [
        (number, place)
        for number, block in enumerate(blocks)
        for place, item in enumerate(block.transactions)
        if item.packed and any(act.name in names and act.account.startswith("tbi") for act in item.actions)
    ]


def put(blocks: list[Block], number: int, place: int, *items: Included) -> int:
    """These in place of one transaction."""
    own = list(blocks[number].transactions)
    own[place : place + 1] = items
    blocks[number] = replace(blocks[number], transactions=tuple(own))
    return number + 1


def changed_data(blocks: list[Block], choice: random.Random, places_in: dict[str, slice]) -> int:
    """One bit in a part of an action's data."""
    number, place = choice.choice(places(blocks, *places_in))
    item = blocks[number].transactions[place]
    act = next(act for act in item.actions if act.name in places_in)
    data = bytearray(act.data)
    at = choice.choice(range(len(data))[places_in[act.name]])
    data[at] ^= 1 << choice.randrange(8)
    return put(blocks, number, place, replace(item, packed=item.packed.replace(act.data, bytes(data))))


def forged_award(blocks: list[Block], choice: random.Random) -> int:
    """Another offer is awarded."""
    return changed_data(blocks, choice, {"award": slice(8, 16)})


def moved_cent(blocks: list[Block], choice: random.Random) -> int:
    """Another price is bid or asked, another amount paid in or out."""
    amounts = {"bid": slice(-4, None), "offer": slice(28, 32), "withdraw": slice(16, 24), "transfer": slice(16, 24)}
    return changed_data(blocks, choice, amounts)


def swapped_key(blocks: list[Block], choice: random.Random) -> int:
    """The signature of another account's order stands under one."""
    boxes = places(blocks, "offer", "bid", "deliver", "withdraw", "p2ppropose", "p2paccept")
    (number, place), (other, there) = choice.sample(boxes, 2)
    one, two = blocks[number].transactions[place], blocks[other].transactions[there]
    return put(blocks, number, place, replace(one, signatures=two.signatures))


def missing_event(blocks: list[Block], choice: random.Random) -> int:
    """Something that happened is left out."""
    number, place = choice.choice(places(blocks, "award", "deliver", "settle", "sweep", "bid", "forecast"))
    return put(blocks, number, place)


CHANGES: tuple[Change, ...] = (forged_award, moved_cent, swapped_key, missing_event)


def with_new_hashes(blocks: list[Block]) -> None:
    """Roots and ids fit again; only the producer's signatures cannot be made anew."""
    last = blocks[0].header.id
    for number in range(1, len(blocks)):
        root = Tree([item.leaf for item in blocks[number].transactions]).root
        header = replace(blocks[number].header, previous=last, transaction_mroot=root)
        blocks[number] = replace(blocks[number], header=header)
        last = header.id


def finding(folder: Path, log: bytes, blocks: list[Block], *, proofs: bool = True) -> Finding:
    path = folder / "blocks.log"
    path.write_bytes(log_of(log[:HEAD], blocks))
    found = audit(BlockLogSource(path), lambda _text: None, proofs=proofs).finding
    assert found is not None
    return found


@pytest.fixture(scope="module")
def log() -> bytes:
    return gzip.decompress(LOG.read_bytes())


def test_the_log_is_written_as_it_was_read(log: bytes) -> None:
    assert log_of(log[:HEAD], blocks_of(log)) == log


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_haste_is_found_by_the_blocks_own_root(
    log: bytes, tmp_path: Path, change: Change, seed: int
) -> None:
    blocks = blocks_of(log)
    number = change(blocks, random.Random(seed))
    found = finding(tmp_path, log, blocks)
    assert (found.block, found.rule) == (number, "transactions")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_with_all_hashes_made_anew_is_found_by_the_producers_signature(
    log: bytes, tmp_path: Path, change: Change, seed: int
) -> None:
    blocks = blocks_of(log)
    number = change(blocks, random.Random(seed))
    with_new_hashes(blocks)
    found = finding(tmp_path, log, blocks)
    assert (found.block, found.rule) == (number, "producer")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("change", CHANGES[:3])
def test_a_change_by_the_producer_himself_is_found_by_the_orders_signature(
    log: bytes, tmp_path: Path, change: Change, seed: int
) -> None:
    blocks = blocks_of(log)
    number = change(blocks, random.Random(seed))
    found = finding(tmp_path, log, blocks, proofs=False)
    assert (found.block, found.rule) == (number, "M-REG-04")
    assert found.key.startswith("PUB_")
