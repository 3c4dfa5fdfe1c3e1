"""What is let through to the engine, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from services.cls_box_logic.domain.engine_policy import copy_of, is_copy, read, refusal

ALLOWED, IMAGES = frozenset({"openems"}), frozenset({"openems/edge:2026.4"})
IMAGE: dict[str, Any] = {"Config": {"Cmd": ["/run"], "Env": ["PATH=/bin"], "User": ""}}
RUNNING: dict[str, Any] = {
    "Id": "abc123def456",
    "Image": "sha256:1",
    "Config": {"Hostname": "abc123", "Image": "openems/edge:2026.4", "Cmd": ["/run"], "Env": ["PATH=/bin", "A=1"]},
    "HostConfig": {"Binds": ["data:/data"], "Privileged": False, "ContainerIDFile": ""},
    "NetworkSettings": {"Networks": {"box": {"Aliases": ["openems", "abc123def456"], "IPAMConfig": None}}},
}


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/v1.41/containers/json?all=1"),
        ("GET", "/v1.41/containers/openems/json"),
        ("POST", "/v1.41/containers/openems/stop?t=20"),
        ("POST", "/containers/openems.old/start"),
        ("POST", "/v1.41/containers/openems/rename?name=openems.old"),
        ("DELETE", "/v1.41/containers/openems.new?force=True"),
        ("POST", "/v1.41/images/create?tag=2026.4&fromImage=openems%2Fedge"),
        ("POST", "/v1.41/containers/create?name=openems.new"),
        ("GET", "/v1.41/images/sha256:1/json"),
    ],
)
def test_what_the_service_needs_passes(method: str, url: str) -> None:
    assert refusal(read(method, url), ALLOWED, IMAGES) is None


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "/v1.41/containers/other/stop"),
        ("GET", "/v1.41/containers/other/json"),
        ("POST", "/v1.41/containers/abc123def456/stop"),
        ("POST", "/v1.41/containers/openems/exec"),
        ("POST", "/v1.41/containers/openems/kill"),
        ("POST", "/v1.41/containers/openems/update"),
        ("GET", "/v1.41/containers/openems/archive?path=/"),
        ("POST", "/v1.41/containers/openems/../other/stop"),
        ("POST", "/v1.41/containers/openems%2F..%2Fother/stop"),
        ("DELETE", "/v1.41/containers/openems"),
        ("POST", "/v1.41/containers/openems/rename?name=other"),
        ("POST", "/v1.41/containers/create"),
        ("POST", "/v1.41/containers/create?name=openems"),
        ("POST", "/v1.41/containers/create?name=other.new"),
        ("POST", "/v1.41/images/create?fromImage=evil&tag=latest"),
        ("POST", "/v1.41/images/create?fromImage=openems%2Fedge&tag="),
        # what Python reads and what the engine (Go) reads must be one: it takes the first of a name, Python the last
        ("POST", "/v1.41/containers/create?name=other&name=openems.new"),
        ("POST", "/v1.41/containers/openems/rename?name=other&name=openems.old"),
        ("POST", "/v1.41/images/create?fromImage=evil&fromImage=openems%2Fedge&tag=2026.4"),
        # an empty fromImage makes it an import of whatever lies at fromSrc, under a managed image's name
        (
            "POST",
            "/v1.41/images/create?fromImage=&fromImage=openems%2Fedge&tag=2026.4&fromSrc=http://evil/x.tar&repo=openems%2Fedge",
        ),
        ("POST", "/v1.41/images/create?fromImage=openems%2Fedge&tag=2026.4&fromSrc=http://evil/x.tar"),
        ("POST", "/v1.41/images/create?fromImage=openems%2Fedge&tag=2026.4;fromImage=evil"),
        ("POST", "/v1.41/containers/openems/rename?name=openems.old#"),
        ("POST", "/v1.41/build"),
        ("GET", "/v1.41/secrets"),
        ("POST", "/v1.41/volumes/create"),
        ("PUT", "/v1.41/containers/openems/stop"),
        ("POST", "http://elsewhere/v1.41/../containers/other/stop"),
    ],
)
def test_nothing_else_does(method: str, url: str) -> None:
    assert refusal(read(method, url), ALLOWED, IMAGES) is not None


def test_a_copy_leaves_to_the_image_what_is_the_images() -> None:
    made = copy_of(RUNNING, IMAGE)
    assert made == {
        "Image": "openems/edge:2026.4",
        "Env": ["A=1"],
        "HostConfig": {"Binds": ["data:/data"], "Privileged": False},
        "NetworkingConfig": {"EndpointsConfig": {"box": {"Aliases": ["openems"], "IPAMConfig": None}}},
    }
    assert is_copy(made, RUNNING, IMAGE)


@pytest.mark.parametrize(
    "other",
    [
        {"Image": "evil"},
        {"HostConfig": {"Binds": ["/:/host"], "Privileged": False}},
        {"HostConfig": {"Binds": ["data:/data"], "Privileged": True}},
        {"Cmd": ["/bin/sh"]},
        {"User": "root"},
    ],
)
def test_what_is_no_copy_is_seen(other: dict[str, Any]) -> None:
    assert not is_copy({**copy_of(RUNNING, IMAGE), **other}, RUNNING, IMAGE)
    assert not is_copy(None, RUNNING, IMAGE)
