"""How a node starts on the folder it finds, and how it comes back after a crash.

Irreversible blocks stand in the block log (`blocks/blocks.log`); everything else is derived from it. A node that was
killed leaves its database dirty and refuses a plain start; then, in this order: the newest snapshot with the block
log's later blocks, the one before, and a replay of the whole block log. None of these removes the block log. What the
trace API noted of the blocks that are replayed goes first: it may tell of one that was lost (traces.py).
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.chain import traces
from deploy.chain.nodeos import Node

KEPT_SNAPSHOTS = 2
_log = logging.getLogger("chain")


@dataclass(frozen=True)
class Start:
    """One way to start. `deadline_s` is how long the node may take until it answers; `replays_after` the block after
    which all are taken from the block log (None: none are)."""

    what: str
    arguments: tuple[str, ...]
    deadline_s: float
    fresh_state: bool = False
    replays_after: int | None = None


def ways(node: Node) -> Iterator[Start]:
    """The ways to start this folder, each tried when the one before did not lead to a node that answers."""
    if not (node.data / "blocks/blocks.log").exists():
        yield Start("a new chain", ("--genesis-json", str(node.genesis)), 60, fresh_state=True)
        return
    yield Start("the state as it was left", (), 60)
    for snapshot in snapshots(node)[:KEPT_SNAPSHOTS]:
        number = _block_of(snapshot)
        if number is not None:
            what = f"the snapshot {snapshot.name}"
            yield Start(what, ("--snapshot", str(snapshot)), 300, fresh_state=True, replays_after=number)
    yield Start("a replay of the block log", ("--hard-replay-blockchain",), 3600, replays_after=0)


def _block_of(snapshot: Path) -> int | None:
    """The number of its block, of whose id it has its name: the first four bytes are the number."""
    named = re.fullmatch(r"snapshot-([0-9a-f]{8})[0-9a-f]*\.bin", snapshot.name)
    return int(named[1], 16) if named else None


def snapshots(node: Node) -> list[Path]:
    """Finished snapshots, the newest first. (One that is being made has a name that begins with a dot or `pending`.)"""
    found = [file for file in node.snapshots.glob("snapshot-*.bin") if file.is_file()]
    return sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)


def make_ready(node: Node, start: Start) -> None:
    """Remove what the way would trip over: the derived state, and snapshots that were cut short. No node runs yet."""
    for cut in node.snapshots.glob(".*snapshot*"):
        cut.unlink(missing_ok=True)
    if start.fresh_state:
        shutil.rmtree(node.data / "state", ignore_errors=True)
    if start.replays_after is not None:
        try:
            traces.cut(node.data / "traces", start.replays_after)
        except traces.TracesUnreadable as error:  # a node without a way to its traces is better than none
            _log.error("the trace API may tell of blocks that were lost: %s", error)


def tidy(node: Node) -> None:
    """After a good start: the block log's copies that replays left, and all but the newest snapshots."""
    for backup in node.data.glob("blocks-*"):
        shutil.rmtree(backup, ignore_errors=True)
    for old in snapshots(node)[KEPT_SNAPSHOTS:]:
        old.unlink(missing_ok=True)


def irreversible_before(node: Node) -> int:
    """The last irreversible block that was seen before this start (0: none)."""
    try:
        return int((node.folder / "irreversible").read_text())
    except (OSError, ValueError):
        return 0


def remember_irreversible(node: Node, number: int) -> None:
    draft = node.folder / "irreversible.new"
    draft.write_text(f"{number}\n")
    draft.rename(node.folder / "irreversible")
