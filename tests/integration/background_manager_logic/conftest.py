"""Everything real but the register: the emulation, mongod, a box of processes; once for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.background_manager_logic.manager import LACKING, OTHER_OPERATOR, Manager, Register
from tests.integration.box.box import MASTR, Box
from tests.integration.identity.pool import Identity, started
from tests.integration.mongo import Mongo, mongo

__all__ = ["mongo"]


@pytest.fixture(scope="package")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    running = started(tmp_path_factory.mktemp("identity"))
    yield running
    running.stop()


@pytest.fixture(scope="package")
def real_box(tmp_path_factory: pytest.TempPathFactory, identity: Identity) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("box"), identity)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
def register(identity: Identity) -> Iterator[Register]:
    running = Register(identity)
    yield running
    running.close()


@pytest.fixture(scope="package")
def running(
    tmp_path_factory: pytest.TempPathFactory, identity: Identity, mongo: Mongo, register: Register, real_box: Box
) -> Iterator[Manager]:
    made = Manager(tmp_path_factory.mktemp("manager"), identity, mongo, register, real_box)
    try:
        made.program.start()
        yield made
    finally:
        made.program.end()
        made.http.close()


@pytest.fixture
def manager(running: Manager) -> Manager:
    """The service, with nothing kept and nothing wrong."""
    running.forget()
    running.box.faults()
    running.register.units.clear()
    running.register.put(MASTR)
    running.register.put(LACKING)
    running.register.put("SEE900000000133", OTHER_OPERATOR)
    return running
