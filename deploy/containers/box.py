"""The containers of one box. What differs from box to box comes from the environment, such as an `.env` file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.containers.cloud import VPN
from deploy.containers.common import Container, Image
from deploy.containers.translation import (
    DATA,
    EVERYWHERE,
    PYTHON,
    Names,
    bind,
    log_of,
    paths,
    probe_of,
    settings,
    volume,
)
from deploy.local.boxes import BOXES
from deploy.local.plan.box import BoxPrograms
from deploy.local.plan.program import Program

STAND_INS: Final = "stand-ins"
"""The profile of what a real box has as hardware: TPM and OpenEMS."""

_BOX: Final = BOXES[0]
_INSIDE: Final = "box"
_LAID_OUT: Final = "${TBI_BOX_CONFIG:?the folder of this box: box/box.json, box/secret, identity.json}"
_IMAGE: Final = Image("box", "box")
_IMAGES: Final = {
    "swtpm": Image("swtpm", "swtpm"),
    "redis": Image("redis", "redis"),
    "openems": Image("simulators", "simulators"),
}
_MEMORY_MB: Final = {"swtpm": 32, "redis": 48, "openems": 128, "cls-box-logic": 128, "worker": 128}
_USUAL_MB: Final = 96
_PER_BOX: Final[Mapping[str, str]] = {
    "TBI_CHAIN_URLS": "${TBI_CHAIN_URLS:?where the chain is reached: https://GATEWAY:8443, the door for boxes}",
    "TBI_LINK_DIR": "${TBI_LINK_DIR:-}",
    "TBI_TPM_TCTI": "${TBI_TPM_TCTI:-device:/dev/tpmrm0}",
    "TBI_OPENEMS_URL": "${TBI_OPENEMS_URL:-http://openems.box:8084}",
    "TBI_OPENEMS_ALIASES": "${TBI_OPENEMS_ALIASES:-}",
    "TBI_OPENEMS_KWH_ANNUM": "${TBI_OPENEMS_KWH_ANNUM:-3500}",
    "TBI_OPENEMS_PEAK_W": "${TBI_OPENEMS_PEAK_W:-0}",
    "TBI_OPENEMS_SEED": "${TBI_OPENEMS_SEED:-1}",
}
PROXY: Final = "engine-proxy"
"""What stands before the engine's socket. CLS-Box-Logic alone reaches it, over a network of theirs."""
_ENGINE, _ENGINE_PORT, _ENGINE_SOCKET = "engine", 2375, "/var/run/docker.sock"
_MANAGED: Final = ",".join(
    f"${{TBI_BOX_NAME:-box}}-{name}-1" for name in ("box-connector", "redis", "tpm-api", "worker")
)
"""As compose calls them. Not CLS-Box-Logic, and not what says what it may."""
_REFRESH: Final = "${TBI_POINTS_REFRESH_S:-900}"
FIELD: Final[Mapping[str, Mapping[str, str]]] = {
    "blockchain-connector": {
        "TBI_WATCH_INTERVAL_S": "${TBI_WATCH_INTERVAL_S:-10}",
        "TBI_NODE_CHECK_S": "${TBI_NODE_CHECK_S:-300}",
    },
    "worker": {"TBI_POINTS_REFRESH_S": _REFRESH},
    "cls-box-logic": {
        "TBI_POINTS_REFRESH_S": _REFRESH,
        "TBI_ENGINE_URL": f"tcp://{PROXY}.{_INSIDE}:{_ENGINE_PORT}",
        "TBI_CONTAINERS": _MANAGED,
    },
}
"""What a part is told beside, for the plan knows neither containers nor a link that is paid by the byte."""


def containers() -> list[Container]:
    """All of them, in the order in which they start."""
    return [*(_container(program) for program in _programs()), _proxy()]


def environment(program: Program) -> dict[str, str]:
    """The plan's, as it is inside of a container of any box."""
    named = names()
    values = {name: _inside(named(value)) for name, value in program.environment.items()}
    more = FIELD.get(_part(program.name), {})
    return {**{name: _PER_BOX.get(name, value) for name, value in values.items()}, **more, **log_of(program)}


def names() -> Names:
    """Inside a box its parts are called `<part>.box`: in the network of all boxes a plain name stands for many."""
    hosts = {port: program.name for program in _programs() for port in program.ports}
    return Names(_BOX.address, {port: f"{_part(name)}.{_INSIDE}" for port, name in hosts.items()})


def part(program: Program) -> str:
    """The name of a program's container. In the network of all boxes the cloud side's connector must stand alone."""
    name = _part(program.name)
    return "box-connector" if name == "blockchain-connector" else name


def _programs() -> list[Program]:
    return BoxPrograms(settings(), _BOX).programs()


def _part(name: str) -> str:
    return name.removeprefix(f"{_BOX.name}.")


def _inside(text: str) -> str:
    """A container knows of one box: `box/` holds what all its parts share, the parts have folders beside it."""
    folder = f"{DATA}/boxes/{_BOX.name}"
    return (
        text.replace(f"{folder}/box.json", f"{DATA}/box/box.json")
        .replace(f"{folder}/secret", f"{DATA}/box/secret")
        .replace(f"{folder}/", f"{DATA}/")
    )


def _container(program: Program) -> Container:
    name, values = _part(program.name), environment(program)
    probe = probe_of(program)
    return Container(
        part(program),
        _IMAGES.get(name, _IMAGE),
        _MEMORY_MB.get(name, _USUAL_MB),
        tuple(_inside(names()(word)) for word in program.command),
        values,
        _mounts(name, values),
        _networks(name),
        None if probe is None else _inside(probe),
        _needs(name, values),
        STAND_INS if name in ("swtpm", "openems") else None,
        _more(name),
    )


def _proxy() -> Container:
    """The socket is the host: it is mounted here alone, where nothing runs but the list of what may be asked."""
    return Container(
        PROXY,
        _IMAGE,
        48,
        (PYTHON, "-m", "services.cls_box_logic.engine_proxy"),
        {"TBI_HOST": EVERYWHERE, "TBI_PORT": str(_ENGINE_PORT), "TBI_CONTAINERS": _MANAGED},
        [bind("${TBI_ENGINE_SOCKET:-" + _ENGINE_SOCKET + "}", _ENGINE_SOCKET)],
        {_ENGINE: {"aliases": [f"{PROXY}.{_INSIDE}"]}},
        f"tcp {_ENGINE_PORT}",
        more={"group_add": ["${TBI_ENGINE_GROUP:-10001}"]},
    )


def _mounts(name: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
    mounts, laid_out = [], False
    for path in paths(values):
        relative = path.relative_to(DATA)
        if relative.parts[0] == "box":
            laid_out = True
        elif relative == Path("identity.json"):
            mounts.append(bind(f"{_LAID_OUT}/identity.json", path))
        else:
            mounts.append(volume(relative.parts[0], path))
    if name in ("swtpm", "redis"):
        mounts.append(volume(name, DATA / name))
    if laid_out:  # CLS-Box-Logic writes its account there once it is registered
        mounts.append(bind(f"{_LAID_OUT}/box", DATA / "box", write=name == "cls-box-logic"))
    return mounts


def _networks(name: str) -> dict[str, Any]:
    """Only two parts are seen from outside: the one that is called, and the one that calls the chain."""
    inside = {_INSIDE: {"aliases": [f"{name}.{_INSIDE}"]}}
    if name == "cls-box-logic":
        return {
            **inside,
            _ENGINE: {},
            VPN: {"ipv4_address": "${TBI_BOX_ADDRESS:?the address of this box in the network of all boxes}"},
        }
    return {**inside, VPN: {}} if name == "blockchain-connector" else inside


def _needs(name: str, values: Mapping[str, str]) -> dict[str, str]:
    needs = {"redis": "service_healthy"} if "TBI_REDIS_URL" in values and name in ("cls-box-logic", "worker") else {}
    return {**needs, "swtpm": "service_healthy"} if name == "tpm-api" else needs


def _more(name: str) -> dict[str, Any]:
    if name == "tpm-api":
        return {
            "devices": ["${TBI_TPM_DEVICE:-/dev/tpmrm0}:/dev/tpmrm0"],
            "group_add": ["${TBI_TPM_GROUP:-10001}"],
        }
    return {}
