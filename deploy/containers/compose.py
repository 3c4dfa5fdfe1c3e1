"""The compose files and the gateway's configuration, as text made from the plan. Nobody edits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.containers import box, cloud
from deploy.containers.cloud import BOXES_PORT, LINK, PRODUCERS
from deploy.containers.common import HARDENED, Container
from deploy.containers.translation import EVERYWHERE, settings
from deploy.local.gateway import Listener, configuration
from deploy.local.gateway.boxes import block
from deploy.local.gateway.configuration import SERVICES, errors
from deploy.local.plan import Plan, make

REPO: Final = Path(__file__).resolve().parents[2]
CLOUD_FILE: Final = Path("docker-compose.yml")
BOX_FILE: Final = Path("deploy/cls_box/docker-compose.yml")
GATEWAY: Final = Path("deploy/images/gateway")
_HEAD: Final = "# Made from deploy/local/plan by python -m deploy.containers: changes are lost. docs/containers.md.\n"
_VPN: Final = {"external": True, "name": "${TBI_VPN:-tbi-vpn}"}
_AT: Final = "/etc/tbi"
_BOXES: Final = """  # The door for boxes, when its certificates are laid out (deploy/images/gateway.sh).
  include /tmp/boxes.conf*;
}
"""


def files() -> dict[Path, str]:
    """Every made file, by its path in the repository."""
    return {
        CLOUD_FILE: _file("tbienergy", cloud.containers(), ".", {"cloud": {}, "stores": {"internal": True}}),
        BOX_FILE: _file(
            "${TBI_BOX_NAME:-box}", box.containers(), "../..", {"box": {"internal": True}, "engine": {"internal": True}}
        ),
        GATEWAY / "nginx.conf": _nginx(),
        GATEWAY / "errors.conf": errors(),
        GATEWAY / "boxes.conf": block(
            Listener(EVERYWHERE, BOXES_PORT, LINK, [f"{n}:8888" for n in PRODUCERS]), SERVICES
        ),
    }


def stale(repo: Path = REPO) -> list[str]:
    """Those that are not as the plan says."""
    return [str(path) for path, text in files().items() if _read(repo / path) != text]


def write(repo: Path = REPO) -> None:
    for path, text in files().items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)


def _read(file: Path) -> str | None:
    return file.read_text() if file.is_file() else None


def _file(name: str, containers: Sequence[Container], context: str, networks: Mapping[str, Any]) -> str:
    optional = frozenset(container.name for container in containers if container.profile)
    first: dict[str, str] = {}
    for container in containers:
        first.setdefault(container.image.name, container.name)
    volumes: dict[str, dict[str, Any]] = {
        mount["source"]: {} for container in containers for mount in container.mounts if mount["type"] == "volume"
    }
    text = {
        "name": name,
        "x-hardened": HARDENED,
        "services": {
            container.name: container.described(context, optional, build=container.name in first.values())
            for container in containers
        },
        "networks": {**networks, cloud.VPN: _VPN},
        "volumes": volumes,
    }
    dumped = yaml.dump(text, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=160)
    return _HEAD + dumped.replace("x-hardened:\n", "x-hardened: &hardened\n").replace(
        "'<<': '*hardened'", "<<: *hardened"
    )


class _Dumper(yaml.SafeDumper):
    """Says everything where it stands."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the name is the library's
        return True


def _nginx() -> str:
    """What the gateway is told, with names for addresses. Its start fills in the identity provider's origin."""
    named = cloud.names()
    plan = make(replace(settings(), data=Path(_AT)))
    programs = tuple(
        replace(
            program, host=EVERYWHERE if program.name == "gateway" else named.hosts.get(program.ports[0], program.host)
        )
        for program in plan.programs
        if program.ports
    )
    text = configuration(
        Plan(plan.settings, programs), Path("/srv/portal"), Path("/srv/docs"), Path("/srv/pages"), follows=True
    )
    text = text.removesuffix("}\n") + _BOXES
    text = text.replace("http://identity:4566", "__IDENTITY_ORIGIN__")
    return text.replace(f"{_AT}/gateway/tmp/", "/tmp/gateway/").replace(f"{_AT}/run/", "/tmp/")  # noqa: S108
