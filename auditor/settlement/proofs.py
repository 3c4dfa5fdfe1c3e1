"""From a block's id up to the chain's id: Merkle paths, seals of producers, and the schedules on the way.

A *seal* is some headers in a row, each signed by its producer, of more than two thirds of a schedule's producers. What
a producer signs covers the Merkle root over the ids of all blocks before, so one seal at the end holds any number of
earlier blocks: each needs no more than a path to that root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from auditor.settlement.errors import Invalid
from auditor.settlement.signatures import signed_by
from auditor.settlement.wire import Header, Reader, pair, sha256

SCHEDULE_EXTENSION = 1
"""Of a header: the next schedule, as `producer_authority_schedule` (eosio, block_header.hpp)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who makes blocks: producer -> the keys of which one suffices."""

    version: int
    producers: Mapping[str, frozenset[str]]

    @property
    def quorum(self) -> int:
        """More than two thirds."""
        return len(self.producers) * 2 // 3 + 1

    @classmethod
    def of_genesis(cls, genesis: bytes) -> Schedule:
        """The first one: `eosio` with the initial key."""
        reader = Reader(genesis)
        reader.take(8)
        return cls(0, {"eosio": frozenset({reader.public_key()})})

    @classmethod
    def unpack(cls, packed: bytes) -> Schedule:
        """A `producer_authority_schedule`."""
        reader = Reader(packed)
        version = reader.integer(4)
        producers = dict(_producer(reader) for _ in range(reader.varuint32()))
        reader.end()
        return cls(version, producers)


def _producer(reader: Reader) -> tuple[str, frozenset[str]]:
    name, kind, threshold = reader.name(), reader.varuint32(), reader.integer(4)
    keys = [(reader.public_key(), reader.integer(2)) for _ in range(reader.varuint32())]
    if kind:
        raise Invalid(f"the producer {name} has an authority of an unknown kind")
    return name, frozenset(key for key, weight in keys if weight >= threshold)


@dataclass(frozen=True, slots=True)
class Signed:
    """A header, the Merkle root over all block ids before it, and its producer's signature."""

    header: Header
    before: bytes
    signature: str

    def digest(self, schedule_hash: bytes) -> bytes:
        """What the producer signs (eosio, block_header_state::sig_digest)."""
        return sha256(sha256(self.header.digest + self.before) + schedule_hash)


@dataclass(frozen=True, slots=True)
class Seal:
    """`schedule_hash`: of the schedule that was last announced; all signatures cover it."""

    schedule_hash: bytes
    headers: Sequence[Signed]

    @property
    def first(self) -> Signed:
        return self.headers[0]

    def check(self, schedule: Schedule) -> None:
        """Raises Invalid unless more than two thirds of the schedule's producers have signed these headers."""
        for before, after in pairwise(self.headers):
            if after.header.previous != before.header.id:
                raise Invalid(f"block {after.header.number} of a seal does not follow the one before it")
        for signed in self.headers:
            self._check_signature(signed, schedule)
        producers = {signed.header.producer for signed in self.headers}
        if len(producers) < schedule.quorum:
            raise Invalid(f"a seal has {len(producers)} of {schedule.quorum} producers that are needed")

    def _check_signature(self, signed: Signed, schedule: Schedule) -> None:
        header = signed.header
        if header.schedule_version != schedule.version:
            raise Invalid(f"block {header.number} is of schedule {header.schedule_version}, not {schedule.version}")
        keys, digest = schedule.producers.get(header.producer, frozenset()), signed.digest(self.schedule_hash)
        if not any(signed_by(key, signed.signature, digest) for key in keys):
            raise Invalid(f"block {header.number}: the signature is not that of its producer {header.producer}")

    def check_holds(self, header: Header, path: Sequence[bytes]) -> None:
        """Raises Invalid unless the header's block is the seal's first, or one before it by its path."""
        if not path and header.id == self.first.header.id:
            return
        if header.number >= self.first.header.number:
            raise Invalid(f"block {header.number} does not lie before its seal")
        if climbed(header.id, header.number - 1, path) != self.first.before:
            raise Invalid(f"block {header.number}: its path does not lead to the seal")


def climbed(leaf: bytes, place: int, path: Sequence[bytes]) -> bytes:
    """The root over a leaf that is the `place`-th (from 0) and its path. Raises Invalid for a place beyond the path."""
    if place >> len(path):
        raise Invalid("a path is shorter than its place needs")
    for other in path:
        leaf = pair(other, leaf) if place & 1 else pair(leaf, other)
        place >>= 1
    return leaf


class Tree:
    """All levels over some leaves, for their paths. A level of odd size counts its last one twice."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(level := self._levels[-1]) > 1:
            level += level[-1:] * (len(level) % 2)
            self._levels.append([pair(a, b) for a, b in zip(level[::2], level[1::2], strict=True)])

    @property
    def root(self) -> bytes:
        return self._levels[-1][0] if self._levels[-1] else bytes(32)

    def path(self, place: int) -> list[bytes]:
        """From the leaf up."""
        return [level[place >> height ^ 1] for height, level in enumerate(self._levels[:-1])]


def check_chain(chain: Mapping[str, Any]) -> Seal:
    """The part `chain` of a file: from the genesis over all schedules to the last seal. Raises Invalid."""
    genesis = bytes.fromhex(chain["genesis"])
    if sha256(genesis).hex() != chain["id"]:
        raise Invalid("the chain's id is not that of its genesis")
    schedule, anchor = Schedule.of_genesis(genesis), Header.unpack(bytes.fromhex(chain["first_header"]))
    if anchor.number != 1 or anchor.action_mroot.hex() != chain["id"]:
        raise Invalid("the first block is not that of this chain")
    for change in chain["schedules"]:
        header = Header.unpack(bytes.fromhex(change["header"]))
        seal = seal_of(change["seal"])
        seal.check(schedule)
        seal.check_holds(anchor, _hexes(change["anchor_path"]))
        seal.check_holds(header, _hexes(change["path"]))
        schedule, anchor = _announced(header, schedule), header
    seal = seal_of(chain["seal"])
    seal.check(schedule)
    seal.check_holds(anchor, _hexes(chain["anchor_path"]))
    return seal


def _announced(header: Header, schedule: Schedule) -> Schedule:
    found = [data for kind, data in header.extensions if kind == SCHEDULE_EXTENSION]
    if not found:
        raise Invalid(f"block {header.number} announces no schedule")
    following = Schedule.unpack(found[0])
    if following.version <= schedule.version:
        raise Invalid(f"block {header.number} announces schedule {following.version} after {schedule.version}")
    return following


def seal_of(value: Mapping[str, Any]) -> Seal:
    headers = [
        Signed(Header.unpack(bytes.fromhex(item["header"])), bytes.fromhex(item["before"]), item["signature"])
        for item in value["headers"]
    ]
    return Seal(bytes.fromhex(value["schedule_hash"]), headers)


def seal_json(seal: Seal) -> dict[str, Any]:
    headers = [
        {"header": item.header.pack().hex(), "before": item.before.hex(), "signature": item.signature}
        for item in seal.headers
    ]
    return {"schedule_hash": seal.schedule_hash.hex(), "headers": headers}


def _hexes(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]
