"""Makes the part `chain` of a file: seals for the schedules on the way, and one for all blocks."""

from __future__ import annotations

from typing import Any

from auditor.settlement.errors import NotYet
from auditor.settlement.node import Node, header_of
from auditor.settlement.proofs import SCHEDULE_EXTENSION, Schedule, Seal, Signed, Tree, seal_json
from auditor.settlement.walk import Walked
from auditor.settlement.wire import Header, name, sha256, varuint32


class Sealer:
    """`genesis`: the chain's first state, packed."""

    def __init__(self, node: Node, walked: Walked, genesis: bytes) -> None:
        self._node, self._walked, self._genesis = node, walked, genesis
        self._last = len(walked.ids)

    def chain(self, after: int) -> tuple[dict[str, Any], Tree]:
        """The part, and the tree in which every block up to `after` has its path. Raises NotYet."""
        schedule, hashed = Schedule.of_genesis(self._genesis), _first_hash(self._genesis)
        anchor = first = self._header(1)
        changes = []
        for block, version in sorted(self._walked.versions.items()):
            header = self._announcing(block, version)
            hashed = sha256(_extension(header))
            seal = self._seal_from(header, schedule, hashed)
            tree = self._before(header.number)
            changes.append(
                {
                    "header": header.pack().hex(),
                    "path": [],
                    "seal": seal_json(seal),
                    "anchor_path": [item.hex() for item in tree.path(anchor.number - 1)],
                }
            )
            schedule, anchor = Schedule.unpack(_extension(header)), header
        seal = self._last_seal(schedule, hashed, after)
        tree = self._before(seal.first.header.number)
        return {
            "id": sha256(self._genesis).hex(),
            "genesis": self._genesis.hex(),
            "first_header": first.pack().hex(),
            "schedules": changes,
            "seal": seal_json(seal),
            "anchor_path": [item.hex() for item in tree.path(anchor.number - 1)],
        }, tree

    def _before(self, number: int) -> Tree:
        """Over the ids of all blocks before this one."""
        return Tree(self._walked.ids[: number - 1])

    def _header(self, number: int) -> Header:
        header = header_of(self._node.block(number))
        if header.id != self._walked.ids[number - 1]:
            raise NotYet(f"the node has changed its mind about block {number}: start again")
        return header

    def _signed(self, header: Header) -> Signed:
        signature = str(self._node.block(header.number)["producer_signature"])
        return Signed(header, self._before(header.number).root, signature)

    def _last_seal(self, schedule: Schedule, hashed: bytes, after: int) -> Seal:
        """The last blocks that are irreversible, as many as it takes."""
        headers: list[Header] = []
        for number in range(self._last, after, -1):
            headers.insert(0, self._header(number))
            if len({header.producer for header in headers}) >= schedule.quorum:
                return Seal(hashed, [self._signed(header) for header in headers])
        raise NotYet("too few blocks stand on the last action that is irreversible: try again in a minute")

    def _seal_from(self, header: Header, schedule: Schedule, hashed: bytes) -> Seal:
        headers = [header]
        while len({item.producer for item in headers}) < schedule.quorum:
            headers.append(self._header(headers[-1].number + 1))
        return Seal(hashed, [self._signed(item) for item in headers])

    def _announcing(self, block: int, version: int) -> Header:
        """The header that has announced the schedule which holds from `block` on."""
        for number in range(block - 1, 1, -1):
            header = self._header(number)
            announced = [Schedule.unpack(data) for kind, data in header.extensions if kind == SCHEDULE_EXTENSION]
            if any(schedule.version == version for schedule in announced):
                return header
        raise NotYet(f"no block announces the producers' schedule {version}")


def _extension(header: Header) -> bytes:
    return next(data for kind, data in header.extensions if kind == SCHEDULE_EXTENSION)


def _first_hash(genesis: bytes) -> bytes:
    """Of the first schedule, in the form that it had before authorities (legacy::producer_schedule_type)."""
    return sha256(bytes(4) + varuint32(1) + name("eosio") + genesis[8:42])
