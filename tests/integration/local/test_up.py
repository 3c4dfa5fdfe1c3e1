"""`up` on a machine where something is amiss: one sentence, and nothing half started."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from deploy.chain.boot import boot
from deploy.local.plan import Plan, make
from deploy.local.preflight import MIN_MEMORY, PreflightError, Readings
from deploy.local.supervise import Supervisor
from deploy.local.up import UpError, up


@pytest.fixture
def short_plan(plan: Plan) -> Iterator[Plan]:
    """With a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="tbi-") as folder:
        yield make(replace(plan.settings, data=Path(folder) / "data"))


def test_a_taken_port_is_one_sentence_with_its_holder_and_nothing_is_started(short_plan: Plan) -> None:
    redis = short_plan.program("bidder1.redis")
    with socket.create_server((redis.host, redis.ports[0])), pytest.raises(PreflightError) as caught:
        up(short_plan, print, with_portal=False)
    (found,) = caught.value.findings
    assert found.startswith(f"bidder1.redis needs {redis.address}, which ")
    assert "already uses: end what holds it, or shift all ports with TBI_PORT_OFFSET." in found
    assert not short_plan.settings.data.exists()


def test_too_little_memory_starts_nothing(short_plan: Plan) -> None:
    with pytest.raises(PreflightError, match="of memory are available"):
        up(short_plan, print, Readings(memory_available=lambda: MIN_MEMORY - 1))
    assert not short_plan.settings.data.exists()


def test_a_lost_key_file_is_named_and_no_new_one_takes_its_place(short_plan: Plan) -> None:
    short_plan.settings.data.mkdir()
    short_plan.settings.endpoints.write_text("{}")
    with pytest.raises(UpError, match=r"key files are missing: .*tbigovern1\.key.*Restore them from a backup"):
        up(short_plan, print, with_portal=False)
    assert not short_plan.settings.keys.exists()


def test_what_fails_on_the_way_is_taken_down_again_and_named(
    short_plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("deploy.local.up.boot", partial(boot, contracts=tmp_path))
    with pytest.raises(UpError, match=r"build the contracts first.*Everything was stopped again"):
        up(short_plan, print, with_portal=False)
    assert Supervisor(short_plan.settings).pid() is None
    with socket.create_server((short_plan.program("chain").host, short_plan.program("chain").ports[0])):
        pass
