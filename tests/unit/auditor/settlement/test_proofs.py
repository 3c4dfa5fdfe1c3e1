"""Seals of several producers, changes of their schedule on the way, and Merkle paths."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from auditor.settlement.errors import Invalid
from auditor.settlement.proofs import SCHEDULE_EXTENSION, Seal, Signed, Tree, check_chain, climbed, seal_json
from auditor.settlement.wire import Header, name, to_binary, varuint32
from services.shared.chain.key_file import K1Signer

NAMES = ("proda", "prodb", "prodc", "prodd")


def signer(label: str) -> K1Signer:
    return K1Signer(hashlib.sha256(label.encode()).digest())


def schedule(version: int, labels: dict[str, str]) -> dict[str, Any]:
    """As a node tells it; producer -> the label of its key."""
    producers = [
        {"producer_name": producer, "authority": [0, {"threshold": 1, "keys": [key_of(label)]}]}
        for producer, label in labels.items()
    ]
    return {"version": version, "producers": producers}


def packed_schedule(schedule: Mapping[str, Any]) -> bytes:
    """As a header announces it."""
    producers = schedule["producers"]
    packed = int(schedule["version"]).to_bytes(4, "little") + varuint32(len(producers))
    for producer in producers:
        kind, authority = producer["authority"]
        keys = [to_binary("PUB", item["key"]) + int(item["weight"]).to_bytes(2, "little") for item in authority["keys"]]
        threshold = int(authority["threshold"]).to_bytes(4, "little")
        packed += name(producer["producer_name"]) + varuint32(kind) + threshold + varuint32(len(keys)) + b"".join(keys)
    return packed


def key_of(label: str) -> dict[str, Any]:
    return {"key": signer(label).public_key, "weight": 1}


class MadeChain:
    """Blocks as nodes make them: `eosio` first, then four producers in turn, then one of them with another key."""

    def __init__(self) -> None:
        key = to_binary("PUB", signer("eosio").public_key)
        self.genesis = bytes(8) + key + bytes(60)
        self.id = hashlib.sha256(self.genesis).digest()
        self.hash = hashlib.sha256(bytes(4) + varuint32(1) + name("eosio") + key).digest()
        self.version = 0
        self.headers = [Header(0, "", 1, bytes(32), bytes(32), self.id, 0)]
        self.hashes = [self.hash]
        self.labels: dict[str, str] = {"eosio": "eosio"}

    def produce(self, producer: str, announces: dict[str, Any] | None = None) -> Header:
        extensions: tuple[tuple[int, bytes], ...] = ()
        if announces:
            extensions = ((SCHEDULE_EXTENSION, packed_schedule(announces)),)
            self.hash = hashlib.sha256(extensions[0][1]).digest()
        number = len(self.headers)
        roots = (hashlib.sha256(bytes([number])).digest(), bytes(32))
        header = Header(number, producer, 0, self.headers[-1].id, *roots, self.version, extensions)
        self.headers.append(header)
        self.hashes.append(self.hash)
        return header

    def before(self, header: Header) -> Tree:
        return Tree([item.id for item in self.headers[: header.number - 1]])

    def seal(self, headers: Sequence[Header], labels: dict[str, str]) -> Seal:
        hashed = self.hashes[headers[0].number - 1]
        signed = [Signed(header, self.before(header).root, "") for header in headers]
        keys = [signer(labels[header.producer]) for header in headers]
        return Seal(
            hashed,
            [
                replace(item, signature=key.sign_digest(item.digest(hashed)))
                for item, key in zip(signed, keys, strict=True)
            ],
        )

    def path(self, of: Header, seal: Seal) -> list[str]:
        return [item.hex() for item in self.before(seal.first.header).path(of.number - 1)]


def made() -> dict[str, Any]:
    """The part `chain` of a file, over three schedules."""
    chain = MadeChain()
    first = chain.headers[0]
    chain.produce("eosio")
    labels = dict(zip(NAMES, NAMES, strict=True))
    one = chain.produce("eosio", schedule(1, labels))
    sealed_one = chain.seal([one], {"eosio": "eosio"})
    chain.version = 1
    for producer in NAMES:
        chain.produce(producer)
    other = {**labels, "prodb": "another key"}
    two = chain.produce("proda", schedule(2, other))
    sealed_two = chain.seal([two, chain.produce("prodb"), chain.produce("prodc")], labels)
    chain.version = 2
    for _ in range(3):
        chain.produce("prodd")
    last = chain.seal([chain.produce(producer) for producer in NAMES[:3]], other)
    return {
        "id": chain.id.hex(),
        "genesis": chain.genesis.hex(),
        "first_header": first.pack().hex(),
        "schedules": [
            {
                "header": one.pack().hex(),
                "path": [],
                "seal": seal_json(sealed_one),
                "anchor_path": chain.path(first, sealed_one),
            },
            {
                "header": two.pack().hex(),
                "path": [],
                "seal": seal_json(sealed_two),
                "anchor_path": chain.path(one, sealed_two),
            },
        ],
        "seal": seal_json(last),
        "anchor_path": chain.path(two, last),
    }


def test_schedules_are_followed_from_the_genesis_to_the_last_seal() -> None:
    seal = check_chain(made())
    assert [signed.header.producer for signed in seal.headers] == ["proda", "prodb", "prodc"]


def _fewer(part: dict[str, Any]) -> None:
    part["seal"]["headers"].pop()


def _fewer_on_the_way(part: dict[str, Any]) -> None:
    part["schedules"][1]["seal"]["headers"].pop()


def _one_twice(part: dict[str, Any]) -> None:
    part["seal"]["headers"][2] = part["seal"]["headers"][1]


def _without_a_schedule(part: dict[str, Any]) -> None:
    del part["schedules"][1]


def _schedules_swapped(part: dict[str, Any]) -> None:
    part["schedules"].reverse()


def _another_genesis(part: dict[str, Any]) -> None:
    part["genesis"] = part["genesis"][:-2] + "01"
    part["id"] = hashlib.sha256(bytes.fromhex(part["genesis"])).hexdigest()


def _anchor_of_another(part: dict[str, Any]) -> None:
    part["anchor_path"] = part["schedules"][1]["anchor_path"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_fewer, "2 of 3 producers"),
        (_fewer_on_the_way, "2 of 3 producers"),
        (_one_twice, "does not follow"),
        (_without_a_schedule, "of schedule 2, not 1"),
        (_schedules_swapped, "of schedule 1, not 0"),
        (_another_genesis, "first block is not that of this chain"),
        (_anchor_of_another, "path"),
    ],
)
def test_a_chain_that_is_not_whole_is_found(change: Callable[[dict[str, Any]], None], found: str) -> None:
    part = made()
    change(part)
    with pytest.raises(Invalid, match=found):
        check_chain(part)


def test_a_key_that_the_schedule_has_no_more_seals_nothing() -> None:
    chain = MadeChain()
    labels = dict(zip(NAMES, NAMES, strict=True))
    one = chain.produce("eosio", schedule(1, labels))
    chain.version = 1
    headers = [chain.produce(producer) for producer in NAMES[:3]]
    seal = chain.seal(headers, {**labels, "prodb": "stolen"})
    part = {
        "id": chain.id.hex(),
        "genesis": chain.genesis.hex(),
        "first_header": chain.headers[0].pack().hex(),
        "schedules": [
            {
                "header": one.pack().hex(),
                "path": [],
                "seal": seal_json(chain.seal([one], {"eosio": "eosio"})),
                "anchor_path": chain.path(chain.headers[0], Seal(bytes(32), [Signed(one, bytes(32), "")])),
            }
        ],
        "seal": seal_json(seal),
        "anchor_path": chain.path(one, seal),
    }
    with pytest.raises(Invalid, match="not that of its producer prodb"):
        check_chain(part)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 100])
def test_every_leaf_has_a_path_to_the_root_and_no_other_leaf_has_it(size: int) -> None:
    rng = random.Random(size)
    leaves = [rng.randbytes(32) for _ in range(size)]
    tree = Tree(leaves)
    for place, leaf in enumerate(leaves):
        assert climbed(leaf, place, tree.path(place)) == tree.root
        assert climbed(rng.randbytes(32), place, tree.path(place)) != tree.root


def test_a_place_beyond_its_path_is_refused() -> None:
    with pytest.raises(Invalid, match="shorter"):
        climbed(bytes(32), 2, [bytes(32)])
