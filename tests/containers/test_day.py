"""The trading day in containers: what `./tbi demo` tells, with four producers and three boxes, each part by itself."""

from __future__ import annotations

import json

import pytest

from demo.run import Run
from deploy.chain.consortium import producers
from deploy.containers.cloud import PRODUCERS
from deploy.containers.common import USER
from tests.containers.world import World

pytestmark = pytest.mark.timeout(3600)


def test_the_four_partners_make_the_blocks(world: World) -> None:
    names = {partner.name: partner.block_key for partner in producers(world.stage().chain)}
    assert names == world.folder.partners()
    assert set(names) == set(PRODUCERS.values())


def test_the_day_ends_as_the_model_says(world: World) -> None:
    said: list[str] = []
    rows = Run(world.stage(), lambda topic, sentence: said.append(f"{topic}: {sentence}")).perform()
    assert [row for row in rows if not row.holds] == [], said
    assert len(rows) > 80
    assert any("the box of bidder2 loses its link" in line for line in said)


def test_the_auditor_runs_where_the_manager_starts_it_and_finds_what_the_chain_says(world: World) -> None:
    container = str(world.cloud.states()["background-manager-logic"]["ID"])
    command = ("python", "-m", "auditor", "audit", "--node", "http://chain-a:8888")
    genesis = ("--genesis", "/var/lib/tbi/chain/genesis.json")
    told = json.loads(world.engine.docker("exec", container, *command, *genesis).splitlines()[-1])
    assert told["result"]["equal"] is True, told


def test_no_container_runs_as_root_or_can_write_where_it_should_not(world: World) -> None:
    for project in (world.cloud, *world.boxes.values()):
        for name, state in project.states().items():
            user = world.engine.docker("exec", str(state["ID"]), "id", "-u").strip()
            assert user == str(USER), name
            with pytest.raises(Exception, match="Read-only file system"):
                world.engine.docker("exec", str(state["ID"]), "touch", "/etc/mine")


def test_there_is_no_installer_and_no_compiler_in_what_runs(world: World) -> None:
    look = "command -v pip pip3 gcc cc make || python3 -c 'import pip' 2>/dev/null && echo found || true"
    for project in (world.cloud, next(iter(world.boxes.values()))):
        for name, state in project.states().items():
            assert world.engine.docker("exec", str(state["ID"]), "sh", "-c", look).strip() == "", name
