import sys
from pathlib import Path

import pytest

from deploy.local.plan import Plan, make
from deploy.local.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "data", 0, sys.executable, tmp_path / "chain-env")


@pytest.fixture
def plan(settings: Settings) -> Plan:
    return make(settings)
