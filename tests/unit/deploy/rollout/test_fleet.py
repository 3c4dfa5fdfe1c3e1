"""The fleet file: what it says, and that everything wrong with it is told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.cls_box.rollout.bundle import groups, of_release, services
from deploy.cls_box.rollout.errors import FleetError, RolloutError
from deploy.cls_box.rollout.fleet import Fleet, read_fleet
from deploy.containers.compose import BOX_FILE
from deploy.local.settings import REPO

from .world import COMPOSE, reference

GOOD: dict[str, Any] = {
    "compose": "docker-compose.yml",
    "limits": {"parallel": 2, "watch_canaries_s": 0.5},
    "versions": {"1.1.0": {name: reference(name, "1.1.0") for name in ("box", "redis")}},
    "boxes": [
        {"name": "box-11", "context": "box-11", "vpn_address": "10.77.1.11", "version": "1.1.0", "ring": "canary"},
        {"name": "box-12", "host": "ssh://tbi@10.77.1.12", "vpn_address": "10.77.1.12", "version": "1.1.0"},
    ],
}


def read(folder: Path, **changed: Any) -> Fleet:
    (folder / "docker-compose.yml").write_text(COMPOSE)
    for name in ("box-11", "box-12"):
        (folder / "boxes" / name).mkdir(parents=True, exist_ok=True)
        (folder / "boxes" / name / ".env").write_text(f"TBI_BOX_NAME={name}\n")
    (folder / "fleet.yaml").write_text(yaml.safe_dump({**GOOD, **changed}))
    return read_fleet(folder / "fleet.yaml")


def test_a_fleet(tmp_path: Path) -> None:
    fleet = read(tmp_path)
    assert [(m.name, m.ring, m.engine) for m in fleet.members] == [
        ("box-11", 0, ("DOCKER_CONTEXT", "box-11")),
        ("box-12", 1, ("DOCKER_HOST", "ssh://tbi@10.77.1.12")),
    ]
    assert (fleet.limits.parallel, fleet.limits.watch_canaries_s, fleet.limits.stop_after) == (2, 0.5, 1)
    assert [member.name for member in fleet.chosen(("box-12",))] == ["box-12"]
    with pytest.raises(FleetError, match="box-99"):
        fleet.chosen(("box-99",))


def test_everything_that_is_wrong_is_told_with_its_place(tmp_path: Path) -> None:
    wrong = {
        "limits": {"parallel": 0, "speed": 3},
        "versions": {"1.1.0": {"box": "registry.example/tbi/box:latest"}},
        "boxes": [
            {"name": "Box 11", "vpn_address": "10.77.1.11", "version": "1.1.0", "ring": "first"},
            {"name": "box-12", "context": "a", "host": "ssh://b", "vpn_address": "nowhere", "version": "2.0.0"},
            {"name": "box-13", "host": "tcp://10.0.0.1:2375", "vpn_address": "10.77.1.12", "version": "1.1.0"},
        ],
        "colour": "green",
    }
    with pytest.raises(FleetError) as caught:
        read(tmp_path, **wrong)
    told = str(caught.value)
    for words in (
        "nobody knows colour", "nobody knows speed", "limits.parallel", "versions.1.1.0.box: an image by digest",
        "boxes[0].name", "boxes[0]: either context", "boxes[0]: ring", "box box-12: version '2.0.0'",
        "box box-12: either context", "box box-12: vpn_address 'nowhere'", "tcp://10.0.0.1:2375", "boxes/box-13/.env",
    ):  # fmt: skip
        assert words in told, words


def test_two_boxes_are_two(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"vpn_address 10\.77\.1\.11 is that of box box-11, too"):
        read(tmp_path, boxes=[GOOD["boxes"][0], {**GOOD["boxes"][1], "vpn_address": "10.77.1.11"}])


@pytest.mark.parametrize("text", ["", "- a", "boxes: {", "\x80", "boxes: 3"])
def test_what_is_no_fleet_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(FleetError):
        read_fleet(file)
    with pytest.raises(FleetError, match="cannot be read"):
        read_fleet(tmp_path / "none.yaml")


def test_the_boxs_own_compose_file_can_be_brought_to_digests() -> None:
    compose = (REPO / BOX_FILE).read_text()
    named = services(compose)
    assert set(named.values()) >= {"box", "redis"}
    made = of_release("1.1.0", compose, "", {name: reference(name, "1.1.0") for name in named.values()})
    told = yaml.safe_load(made.compose)["services"]
    assert set(told) == set(named)
    assert all("@sha256:" in service["image"] and "build" not in service for service in told.values())
    assert told["tpm-api"]["read_only"] is True
    order = groups(made)
    assert "redis" in order[0]
    assert sorted(name for group in order for name in group) == sorted(named)


def test_a_version_that_lacks_an_image_is_refused() -> None:
    with pytest.raises(RolloutError, match="no digest for the image redis"):
        of_release("1.1.0", COMPOSE, "", {"box": reference("box", "1.1.0")})
