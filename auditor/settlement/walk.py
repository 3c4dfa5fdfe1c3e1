"""One way through all blocks of a chain: their ids, the market's actions with their receipts, and who is who."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.settlement import layouts
from auditor.settlement.errors import NotYet
from auditor.settlement.node import Node, moment
from auditor.settlement.receipts import Act, Receipt, Sequences

_TOLD_EVERY: Final = 5000


@dataclass(frozen=True, slots=True)
class Found:
    """An action of one of the market's contracts. `place` is that of its receipt in the block."""

    block: int
    time: int
    place: int
    transaction: str
    act: Act
    receipt: Receipt
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.act.name

    @property
    def sequence(self) -> int:
        return self.receipt.sequence


@dataclass
class Walked:
    """`ids`: of the blocks from 1 on. `versions`: block -> the schedule's version, where it is another than before.

    `leaves`: block -> the digests of all its receipts, for blocks with an action of the market's. `offers`, `points`
    and `units` are in the order in which the contracts number them, from 1.
    """

    ids: list[bytes] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)
    leaves: dict[int, list[bytes]] = field(default_factory=dict)
    actions: list[Found] = field(default_factory=list)
    numbered: Mapping[str, list[Found]] = field(default_factory=lambda: defaultdict(list))


_NUMBERED: Final = {"offer": "offers", "p2paccept": "offers", "regpoint": "points", "regunit": "units"}


def walk(node: Node, market: str, upto: int, say: Callable[[str], None]) -> Walked:
    """All blocks up to `upto`. Raises NotYet when the node does not have them all."""
    walked, sequences, seen = Walked(), Sequences(), Counter({"version": 0})
    walked.ids.append(bytes.fromhex(node.block(1)["id"]))
    for trace in node.traces(2, upto + 1):
        if bytes.fromhex(trace["previous_id"]) != walked.ids[-1]:
            raise NotYet(f"the node has changed its mind about block {trace['number'] - 1}: start again")
        walked.ids.append(bytes.fromhex(trace["id"]))
        if trace["schedule_version"] != seen["version"]:
            seen["version"] = walked.versions[trace["number"]] = trace["schedule_version"]
        _block(walked, sequences, trace, market)
        if trace["number"] % _TOLD_EVERY == 0:
            say(f"{trace['number']} of {upto} blocks")
    return walked


def _block(walked: Walked, sequences: Sequences, trace: Mapping[str, Any], market: str) -> None:
    leaves, found = [], []
    calls = [(action, transaction["id"]) for transaction in trace["transactions"] for action in transaction["actions"]]
    for place, (action, transaction) in enumerate(sorted(calls, key=lambda call: int(call[0]["global_sequence"]))):
        act, receipt = _receipt(sequences, action)
        leaves.append(receipt.digest)
        if receipt.receiver != act.account or (act.account, act.name) not in layouts.ACTIONS:
            continue
        fields = layouts.decoded(act.account, act.name, act.data)
        if fields["market"] == market:
            number, time = trace["number"], int(moment(trace["timestamp"]))
            found.append(Found(number, time, place, transaction, act, receipt, fields))
    if found:
        walked.leaves[trace["number"]] = leaves
        walked.actions += found
        for item in found:
            if item.name in _NUMBERED:
                walked.numbered[_NUMBERED[item.name]].append(item)


def _receipt(sequences: Sequences, action: Mapping[str, Any]) -> tuple[Act, Receipt]:
    try:
        return sequences.receipt(action)
    except ValueError as error:
        raise NotYet(f"{error}; ask a node that keeps all traces") from error
