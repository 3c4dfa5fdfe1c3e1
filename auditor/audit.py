"""An audit: all blocks of a source are proven and replayed, up to the first divergence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.chain.blocks import Block
from auditor.chain.known import known_code
from auditor.chain.proof import Prover
from auditor.chain.sources import Source, WithTables
from auditor.errors import Divergence, Finding
from auditor.replay.head import Compared, compare_head
from auditor.replay.replay import Replay
from auditor.settlement.wire import WireError

_TOLD_EVERY: Final = 1000
_NO_TABLES: Final = Compared(reason="the source has no tables")


@dataclass
class Result:
    """`finding`: the first divergence; None when chain and rules are equal."""

    chain_id: str
    blocks: int = 0
    seconds: float = 0.0
    finding: Finding | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    codes: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    """Each key that has signed a transaction: the accounts as which, how many signatures, its first and last block."""
    traced: bool = True
    head: Compared = _NO_TABLES

    @property
    def equal(self) -> bool:
        return self.finding is None

    def as_json(self) -> dict[str, Any]:
        return {
            "equal": self.equal,
            "chain_id": self.chain_id,
            "blocks": self.blocks,
            "seconds": round(self.seconds, 3),
            "traced": self.traced,
            "rows": self.head.rows,
            "rows_not_compared": self.head.reason or None,
            "reversible_blocks": self.head.reversible,
            "counts": dict(self.counts),
            "codes": self.codes,
            "keys": self.keys,
            "divergence": self.finding.as_json() if self.finding else None,
        }


def audit(
    source: Source, say: Callable[[str], None], known: Mapping[str, list[str]] | None = None, *, proofs: bool = True
) -> Result:
    """Raises CannotLook when the source cannot be read. `known`: the code hashes that may be set (known_code.json);
    without `proofs`, blocks are replayed as they are told, whoever made them."""
    result = Result(source.chain_id)
    prover = Prover(source.chain_id, source.first_key)
    replay = Replay(source.chain_id, source.first_key, known_code() if known is None else known)
    began = time.monotonic()

    def take(block: Block) -> None:
        if proofs:
            prover.check(block)
        if block.number > 1 and block.traces is None:
            result.traced = False
        _replayed(replay, block)
        result.blocks = block.number
        if block.number % _TOLD_EVERY == 0:
            say(f"{block.number} blocks, {block.number / (time.monotonic() - began):.0f} a second")

    try:
        last = None
        for block in source.blocks():
            take(block)
            last = block
        if last is not None and isinstance(source, WithTables):
            result.head = compare_head(source, replay.model.world, last, take)
    except Divergence as divergence:
        result.finding = divergence.finding
    result.finding = _first(result.finding, replay.unknown_code)
    result.seconds = time.monotonic() - began
    result.counts, result.codes = replay.counts, replay.codes
    result.keys = [attributed.as_json(key) for key, attributed in sorted(replay.signers.keys.items())]
    return result


def _replayed(replay: Replay, block: Block) -> None:
    try:
        replay.take(block)
    except (WireError, KeyError) as error:
        finding = Finding(block.number, "", "", "actions", "actions that can be decoded", repr(error))
        raise Divergence(finding) from error


def _first(one: Finding | None, other: Finding | None) -> Finding | None:
    found = [finding for finding in (one, other) if finding is not None]
    return min(found, key=lambda finding: finding.block, default=None)
