"""A node of its own for each test that kills one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.chain.governance import Governance, Keyring
from deploy.local.plan import Plan, make
from tests.integration.chain.support import ChainNode
from tests.local_system import free_offset, settings_of


@pytest.fixture
def node(tmp_path: Path) -> Iterator[ChainNode]:
    """Making blocks on free ports; stopped at the end."""
    made = ChainNode(tmp_path / "chain")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def governance(node: ChainNode, tmp_path: Path) -> Governance:
    return Governance([node.url], Keyring(tmp_path / "keys"), node.folder / "producer.key")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The plan of a system that does not run, on free ports."""
    return make(settings_of(tmp_path / "data", free_offset()))
