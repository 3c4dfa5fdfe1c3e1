"""A node of its own for each test that kills one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.chain.governance import Governance, Keyring
from deploy.chain.nodeos import chain_env
from deploy.local.plan import Plan, make
from deploy.local.settings import Settings
from tests.integration.chain.support import ChainNode
from tests.local_system import free_offset


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
    settings = Settings(tmp_path / "data", 0, sys.executable, chain_env())
    return make(Settings(settings.data, free_offset(), settings.python, settings.chain_env))
