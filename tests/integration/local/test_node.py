"""The node's parent: what was irreversible survives every crash."""

from __future__ import annotations

import os
import random
import signal
import struct
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.chain.governance import Governance
from deploy.chain.keys import read_or_create
from deploy.chain.node import Parent, free_bytes
from deploy.chain.nodeos import Node, chain_env, prepare
from deploy.chain.recovery import snapshots
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError
from services.shared.chain.model import ChainInfo
from services.shared.wait import wait_until
from tests.integration.chain.support import ChainNode, ServedProcess, free_port

ROUNDS = 4


def nodeos_pid(node: ChainNode) -> int:
    return int((node.folder / "nodeos.pid").read_text())


def info(client: ChainClient) -> ChainInfo | None:
    try:
        return client.info()
    except ChainError:
        return None


def block_id(client: ChainClient, number: int) -> str:
    return str(client.block(number)["id"])


def advances(client: ChainClient, beyond: int) -> ChainInfo:
    def grown() -> ChainInfo | None:
        now = info(client)
        return now if now is not None and now.last_irreversible_block_num > beyond else None

    found = wait_until(grown, 60, what=f"an irreversible block beyond {beyond}")
    assert found is not None
    return found


def told(node: ChainNode, text: str, times: int = 1) -> None:
    """The parent says so, a moment after the node answers."""
    wait_until(lambda: node.log.read_text().count(text) == times, 10, what=f"{text!r} in {node.log}")


def take_snapshot(governance: Governance) -> None:
    governance.rpc.call("/v1/producer/create_snapshot")


@pytest.mark.parametrize("with_snapshot", [False, True], ids=["by replay", "from a snapshot"])
def test_a_killed_node_comes_back_with_every_irreversible_block(
    node: ChainNode, governance: Governance, with_snapshot: bool
) -> None:
    chance = random.Random(20261122)
    client = ChainClient([node.url], 2.0)
    chain_id = client.info().chain_id
    for _ in range(ROUNDS):
        before = advances(client, client.info().last_irreversible_block_num + chance.randrange(1, 5))
        if with_snapshot:
            take_snapshot(governance)
            before = advances(client, before.last_irreversible_block_num + 1)
        pid = nodeos_pid(node)
        os.kill(pid, signal.SIGKILL)
        after = advances(client, before.last_irreversible_block_num)
        assert nodeos_pid(node) != pid
        assert after.chain_id == chain_id
        assert block_id(client, before.last_irreversible_block_num) == before.last_irreversible_block_id

    way = "the snapshot snapshot-" if with_snapshot else "a replay of the block log"
    told(node, f"runs from {way}", ROUNDS)
    assert node.log.read_text().count("bringing it back") == ROUNDS
    assert not list((node.folder / "data").glob("blocks-*"))
    assert len(snapshots(Node(node.folder, "", ""))) == (2 if with_snapshot else 0)


@pytest.mark.parametrize("with_snapshot", [False, True], ids=["by replay", "from a snapshot"])
def test_r1_after_a_kill_no_trace_tells_of_a_block_that_was_lost(
    node: ChainNode, governance: Governance, with_snapshot: bool
) -> None:
    """Killed in the moment between the trace API's note and the block log: the note is laid here by hand."""
    client = ChainClient([node.url], 2.0)
    last = advances(client, 8).head_block_num
    if with_snapshot:
        take_snapshot(governance)
        last = advances(client, last).head_block_num
    (index,) = (node.folder / "data/traces").glob("trace_index_*.log")
    lost = last + 3
    with index.open("ab") as notes:
        notes.write(b"\0" + b"\xff" * 32 + struct.pack("<IQ", lost, 0) + b"\1" + struct.pack("<I", lost))
    os.kill(nodeos_pid(node), signal.SIGKILL)
    after = advances(client, lost + 2)
    told(node, "runs from the snapshot" if with_snapshot else "runs from a replay")
    for number in range(2, after.last_irreversible_block_num):
        assert block_id(client, number) == client.block_id(number)


def test_a_broken_snapshot_is_passed_over(node: ChainNode, governance: Governance) -> None:
    take_snapshot(governance)
    (good,) = snapshots(Node(node.folder, "", ""))
    broken = good.parent / f"snapshot-{'7' * 64}.bin"
    broken.write_bytes(b"no snapshot")
    client = ChainClient([node.url], 2.0)
    before = advances(client, client.info().last_irreversible_block_num)
    os.kill(nodeos_pid(node), signal.SIGKILL)
    advances(client, before.last_irreversible_block_num)
    told(
        node,
        f"runs from the snapshot {good.name} (not from the state as it was left, the snapshot {broken.name})",
    )


def test_when_the_parent_is_killed_the_node_ends_in_order_and_the_next_parent_goes_on(node: ChainNode) -> None:
    client = ChainClient([node.url], 2.0)
    before = advances(client, client.info().last_irreversible_block_num)
    pid = nodeos_pid(node)
    node.kill()
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 20, what="the node's end")
    node.start()
    after = advances(client, before.last_irreversible_block_num)
    assert after.chain_id == before.chain_id
    told(node, "runs from the state as it was left")


def test_a_node_that_ends_slowly_is_given_the_time(node: ChainNode) -> None:
    """Killed in its haste it would leave a dirty database and lose the last block."""
    told(node, "runs from a new chain")
    head = ChainClient([node.url], 2.0).info()
    pid = nodeos_pid(node)
    os.kill(pid, signal.SIGSTOP)
    wakes = threading.Timer(2.5, os.kill, (pid, signal.SIGCONT))
    wakes.start()
    node.stop()
    wakes.join()
    node.start()
    assert block_id(ChainClient([node.url], 2.0), head.head_block_num) == head.head_block_id
    told(node, "runs from the state as it was left")


def test_an_ordered_stop_loses_no_block_at_all(node: ChainNode) -> None:
    client = ChainClient([node.url], 2.0)
    head = client.info()
    node.stop()
    assert node.process is not None
    assert node.process.returncode == 0
    node.start()
    assert block_id(client, head.head_block_num) == head.head_block_id


def test_a_chain_that_lost_irreversible_blocks_is_not_run_on(node: ChainNode) -> None:
    node.stop()
    (node.folder / "irreversible").write_text("1000000\n")
    ServedProcess.start(node)
    assert node.process is not None
    assert node.process.wait(60) == 1
    assert "but block 1000000 was irreversible; nothing was removed" in node.log.read_text()


def test_a_node_whose_disk_is_nearly_full_is_ended_in_order_and_comes_back(tmp_path: Path) -> None:
    room = [10 << 30]
    node = Node(tmp_path / "chain", f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}", founding=True)
    node.folder.mkdir()
    key = read_or_create(node.folder / "producer.key")
    prepare(node, key.private_key, key.public_key, datetime.now(UTC))
    parent = Parent(node, chain_env(), free=lambda _: room[0])
    running = threading.Thread(target=parent.run)
    running.start()
    client = ChainClient([node.url], 2.0)
    try:
        before = advances(client, 1)
        child = parent.child
        assert child is not None
        room[0] = 0
        wait_until(lambda: child.poll() is not None, 30, what="the node's end")
        assert child.returncode == 0
        room[0] = 300 << 20
        assert info(client) is None, "a little room more would be gone at once"
        room[0] = 10 << 30
        advances(client, before.last_irreversible_block_num)
        assert block_id(client, before.last_irreversible_block_num) == before.last_irreversible_block_id
        assert free_bytes(node.folder) > 0
    finally:
        parent.stop()
        running.join(60)
    assert not running.is_alive()
