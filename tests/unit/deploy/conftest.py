import sys
from pathlib import Path

import pytest

from deploy.local.plan import Plan, make
from deploy.local.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    chain, mongo, identity = (tmp_path / f"{name}-env" for name in ("chain", "mongo", "identity"))
    return Settings(tmp_path / "data", 0, sys.executable, chain, mongo, identity)


@pytest.fixture
def plan(settings: Settings) -> Plan:
    return make(settings)
