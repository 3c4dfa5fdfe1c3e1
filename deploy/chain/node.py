"""The parent of one nodeos: starts it, brings it back after a crash, takes snapshots, ends it in order.

    python -m deploy.chain.node --data-dir D --http 127.0.0.1:8888 --p2p 127.0.0.1:9876 [--key-file D/producer.key]

One of several (deploy/chain/README.md) is given its `--peer`s, the `--producer` for whom it makes blocks, and the
`--genesis` of the chain that it joins.

Exit code 0 after SIGTERM or SIGINT, 1 when no way leads to a running node; one line in the log says what was done.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import requests

from deploy.chain import nodeos, recovery
from deploy.chain.keys import read_or_create
from deploy.chain.nodeos import Node
from deploy.orphans import OrphanStays, end_orphans
from services.shared.wait import wait_until

_log = logging.getLogger("chain")
_POLL_S = 1.0
_STOP_S = 20.0
_ROUNDS = 3
_LEAST_FREE_BYTES = 256 * 1024 * 1024
"""With less a node is ended in order: one that cannot write breaks off in the middle of a block."""

_ENOUGH_FREE_BYTES = 2 * _LEAST_FREE_BYTES


def free_bytes(folder: Path) -> int:
    """What is left on the disk of the folder."""
    return shutil.disk_usage(folder).free


class NodeLostError(Exception):
    """No way leads to a running node, or blocks that were irreversible are gone."""


@dataclass
class Parent:
    """Runs the node until told to stop. All calls come from the main thread."""

    node: Node
    env: Path
    snapshot_every_s: float = 600.0
    child: subprocess.Popen[bytes] | None = None
    stopping: bool = False
    free: Callable[[Path], int] = free_bytes
    http: requests.Session = field(default_factory=requests.Session)

    def run(self) -> None:
        """Until `stop`. Raises NodeLostError, OrphanStays."""
        end_orphans("--data-dir", self.node.data, _STOP_S)
        while not self.stopping:
            self._wait_for_room()
            if not self.stopping:
                self._come_up()
                self._watch()

    def stop(self) -> None:
        self.stopping = True
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)

    def _wait_for_room(self) -> None:
        if self.free(self.node.folder) >= _LEAST_FREE_BYTES:
            return
        _log.error(
            "less than %d MiB are free at %s: the node waits for room", _LEAST_FREE_BYTES >> 20, self.node.folder
        )
        while not self.stopping and self.free(self.node.folder) < _ENOUGH_FREE_BYTES:
            time.sleep(_POLL_S)

    def _come_up(self) -> None:
        before = recovery.irreversible_before(self.node)
        failed: list[str] = []
        for _ in range(_ROUNDS):
            for way in recovery.ways(self.node):
                began = time.monotonic()
                recovery.make_ready(self.node, way)
                self._spawn(way)
                info = self._answer(way.deadline_s)
                if self.stopping:
                    return
                if info is None:
                    failed.append(way.what)
                    continue
                self._accept(way, info, before, failed, time.monotonic() - began)
                return
        raise NodeLostError(
            f"the node does not start, neither from {', nor from '.join(dict.fromkeys(failed))}; "
            f"its own last lines stand above, its blocks are untouched in {self.node.data / 'blocks'}"
        )

    def _accept(self, way: recovery.Start, info: dict[str, int], before: int, failed: list[str], took: float) -> None:
        head, final = info["head_block_num"], info["last_irreversible_block_num"]
        if head < before:
            self._end_child()
            raise NodeLostError(
                f"started from {way.what}, the chain ends at block {head}, but block {before} was irreversible; "
                f"nothing was removed, look into {self.node.data}"
            )
        recovery.tidy(self.node)
        after = f" (not from {', '.join(dict.fromkeys(failed))})" if failed else ""
        _log.info("runs from %s%s after %.1f s: block %d, irreversible %d", way.what, after, took, head, final)

    def _watch(self) -> None:
        """Until the node ends. A node that the other side of the wrapper killed is seen within a second."""
        next_snapshot = time.monotonic() + self.snapshot_every_s
        child = self.child
        while child is not None and child.poll() is None and not self.stopping:
            if self.free(self.node.folder) < _LEAST_FREE_BYTES:
                self._end_child()
                return
            info = self._info()
            if info is not None:
                recovery.remember_irreversible(self.node, info["last_irreversible_block_num"])
            if time.monotonic() >= next_snapshot and not self.stopping:
                next_snapshot = time.monotonic() + self.snapshot_every_s
                self._snapshot()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_POLL_S)
        if child is not None and self.stopping:
            _wait_or_kill(child)
        if child is not None and not self.stopping:
            _log.warning("the node ended by itself (%s); bringing it back", _ending(child.returncode))

    def _spawn(self, way: recovery.Start) -> None:
        # setpriv: the node ends in order when this process dies, and never runs on unwatched.
        command = ["setpriv", "--pdeathsig", "TERM", *nodeos.command(self.node, self.env, way.arguments)]
        self.child = subprocess.Popen(command, env=nodeos.environment(self.env), stdin=subprocess.DEVNULL)
        (self.node.folder / "nodeos.pid").write_text(f"{self.child.pid}\n")
        if self.stopping:
            self.stop()

    def _answer(self, deadline_s: float) -> dict[str, int] | None:
        """The first answer of the node just started, or None when it ended or took too long (then it is ended)."""
        child = self.child
        try:
            wait_until(
                lambda: self._info() or (child is None or child.poll() is not None),
                deadline_s,
                what="the node's answer",
            )
        except TimeoutError:
            self._end_child()
        return self._info() if child is not None and child.poll() is None else None

    def _info(self) -> dict[str, int] | None:
        try:
            answer = self.http.get(f"{self.node.url}/v1/chain/get_info", timeout=2)
        except requests.RequestException:
            return None
        return answer.json() if answer.ok else None

    def _snapshot(self) -> None:
        began = time.monotonic()
        try:
            answer = self.http.post(f"{self.node.url}/v1/producer/create_snapshot", json={}, timeout=120)
        except requests.RequestException as error:
            if not self.stopping:
                _log.warning("no snapshot: %s", error)
            return
        if not answer.ok:
            _log.warning("no snapshot: the node answered %d %s", answer.status_code, answer.text[:200])
            return
        recovery.tidy(self.node)
        _log.info("snapshot taken in %.1f s", time.monotonic() - began)

    def _end_child(self) -> None:
        child = self.child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        _wait_or_kill(child)


def _wait_or_kill(child: subprocess.Popen[bytes]) -> None:
    """For a node that was told to end. One that is killed leaves a dirty database and loses its last block."""
    try:
        child.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.chain.node", description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="the node's folder")
    parser.add_argument("--http", default="127.0.0.1:8888", help="address of its API")
    parser.add_argument("--p2p", default="127.0.0.1:9876", help="address for other nodes")
    parser.add_argument("--key-file", type=Path, help="the producer's key (default: producer.key in the folder)")
    parser.add_argument("--peer", action="append", default=[], help="another node's p2p address; may be repeated")
    parser.add_argument(
        "--producer", action="append", help="makes blocks as this one (default: eosio); may be repeated"
    )
    parser.add_argument("--genesis", type=Path, help="the genesis file of the chain that this node joins")
    parser.add_argument(
        "--founding", action="store_true", help="it is the founding node, although it is given a genesis"
    )
    parser.add_argument("--snapshot-minutes", type=float, default=10.0)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("urllib3").setLevel(logging.ERROR)

    node = Node(
        given.data_dir.resolve(),
        given.http,
        given.p2p,
        peers=tuple(given.peer),
        producers=tuple(given.producer or ("eosio",)),
        founding=given.founding or given.genesis is None,
    )
    node.folder.mkdir(parents=True, exist_ok=True)
    key = read_or_create(given.key_file or node.folder / "producer.key")
    nodeos.prepare(node, key.private_key, key.public_key, datetime.now(UTC), joined=given.genesis)
    parent = Parent(node, nodeos.chain_env(), given.snapshot_minutes * 60)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: parent.stop())
    try:
        parent.run()
    except (NodeLostError, FileNotFoundError, OrphanStays) as error:
        _log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
