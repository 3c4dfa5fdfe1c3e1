"""What the trace API noted of blocks that are replayed is forgotten, and nothing before them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from deploy.chain.traces import TracesUnreadable, cut

SLICES = ("0000000000-0000010000", "0000010000-0000020000")


def block(number: int) -> bytes:
    return b"\0" + bytes([number % 256]) * 32 + struct.pack("<IQ", number, number * 1000)


def irreversible(number: int) -> bytes:
    return b"\1" + struct.pack("<I", number)


def transactions(number: int, count: int) -> bytes:
    """Of up to 16383, whose count takes two bytes from 128 on."""
    written = bytes([count]) if count < 128 else bytes([count & 0x7F | 0x80, count >> 7])
    return b"\2" + written + bytes(32 * count) + struct.pack("<I", number)


def index(*notes: bytes) -> bytes:
    return struct.pack("<I", 1) + b"".join(notes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Blocks 9998 to 10001; 9999 was called irreversible before the kill, and 10000 cut short in the index."""
    first, second = SLICES
    for name in (f"trace_{first}.log", f"trace_{second}.log", f"trace_{second}.clog", "mine.txt"):
        (tmp_path / name).write_bytes(b"x" * 100)
    notes = (block(9998), irreversible(9997), block(9999), irreversible(9998), irreversible(9999))
    (tmp_path / f"trace_index_{first}.log").write_bytes(index(*notes))
    (tmp_path / f"trace_index_{second}.log").write_bytes(index(block(10_000), block(10_001))[:-7])
    noted = (transactions(9998, 0), irreversible(9997), transactions(9999, 300), irreversible(9999))
    (tmp_path / f"trace_trx_id_{first}.log").write_bytes(b"".join(noted))
    (tmp_path / f"trace_trx_id_{second}.log").write_bytes(transactions(10_000, 2))
    return tmp_path


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_r1_a_lost_block_goes_with_the_word_that_it_was_irreversible(folder: Path) -> None:
    cut(folder, 9998)
    first, second = SLICES
    kept = index(block(9998), irreversible(9997))
    assert (folder / f"trace_index_{first}.log").read_bytes() == kept
    assert (folder / f"trace_trx_id_{first}.log").read_bytes() == transactions(9998, 0) + irreversible(9997)
    assert (folder / f"trace_{first}.log").stat().st_size == 100, "an index points into it"
    assert not any(second in name for name in names(folder))


def test_what_is_not_replayed_stays_byte_for_byte(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    cut(folder, 10_001)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_replay_of_all_begins_with_none(folder: Path) -> None:
    cut(folder, 0)
    assert names(folder) == {"mine.txt"}


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    cut(tmp_path / "traces", 5)
    assert not (tmp_path / "traces").exists()


def test_files_of_another_version_are_not_guessed_at(folder: Path) -> None:
    file = folder / f"trace_index_{SLICES[0]}.log"
    file.write_bytes(index(b"\7" + bytes(40)))
    with pytest.raises(TracesUnreadable, match="a note of kind 7 at byte 4"):
        cut(folder, 1)
    assert len(file.read_bytes()) == 45
