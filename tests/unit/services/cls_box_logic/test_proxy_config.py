"""What the engine's proxy is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cls_box_logic.engine_proxy import Config


def test_names_and_places_come_from_the_environment() -> None:
    told = {"TBI_CONTAINERS": " redis, worker,", "TBI_ENGINE_SOCKET": "/s", "TBI_HOST": "0.0.0.0", "TBI_PORT": "99"}  # noqa: S104
    assert Config.of(told) == Config(frozenset({"redis", "worker"}), Path("/s"), "0.0.0.0", 99)  # noqa: S104
    usual = Config.of({"TBI_CONTAINERS": "redis", "TBI_PORT": ""})
    assert (usual.socket, usual.host, usual.port) == (Path("/var/run/docker.sock"), "127.0.0.1", 2375)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({}, "TBI_CONTAINERS"),
        ({"TBI_CONTAINERS": " , "}, "TBI_CONTAINERS"),
        ({"TBI_CONTAINERS": "redis", "TBI_PORT": "0"}, "TBI_PORT"),
        ({"TBI_CONTAINERS": "redis", "TBI_PORT": "65536"}, "TBI_PORT"),
        ({"TBI_CONTAINERS": "redis", "TBI_PORT": "-1"}, "TBI_PORT"),
    ],
)
def test_what_does_not_fit_is_named(told: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Config.of(told)
