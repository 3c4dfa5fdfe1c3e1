"""The cloud side's containers, one for each program of the plan, and four nodes of the chain in place of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

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
from deploy.local.plan.cloud import PORTS, CloudPrograms
from deploy.local.plan.program import CLOUD, Program

PRODUCERS: Final = {"chain-a": "partnera", "chain-b": "partnerb", "chain-c": "partnerc", "chain-d": "partnerd"}
"""Node -> the partner of the consortium for whom it makes blocks. The first one founds the chain."""
FOUNDER: Final = next(iter(PRODUCERS))
LOCAL: Final = "local"
"""The profile of what stands in for AWS and for the register."""
VPN: Final = "vpn"
"""The network that boxes are in, too. It is there before: docs/containers.md."""

BOXES_PORT: Final = 8443
"""Where boxes come in with their certificates (docs/adr/0029)."""
LINK: Final = "/etc/tbi/link"
"""The gateway's own certificate, the authority of boxes' certificates, the list of revoked ones."""

_CLOUD, _STORES = "cloud", "stores"
_LAID_OUT: Final = "${TBI_CONFIG:?the folder of keys, secrets and the pool description}"
_EXCHANGE: Final = ("mastr", "forecasts")
"""Folders that people put files into."""
_POOL: Final = ("identity.json", "identity")
"""What is known of the pool: written by the emulation into a folder of its own, or by the operator."""
_SERVICE_IMAGES: Final = {
    name: Image(name, "service", {"SERVICE": name, "PACKAGE": name.replace("-", "_"), "STATE": state})
    for name, state in {
        "background-manager-logic": "cloud/background-manager-logic",
        "mastr-connector": "",
        "forecast-connector": "cloud/oracle",
        "blockchain-connector": "cloud/blockchain-connector cloud/keeper",
    }.items()
}
_CHAIN: Final = Image("chain", "chain")
_LOCAL_AWS: Final = Image("local-aws", "local-aws")
_SIMULATORS: Final = Image("simulators", "simulators")
_IMAGES: Final = {
    "identity": _LOCAL_AWS,
    "mongod": Image("mongod", "mongod", {"MONGO_IMAGE": "${MONGO_IMAGE:-mongo:7.0-jammy}"}),
    "redis": Image("redis", "redis"),
    "mastr-simulator": _SIMULATORS,
    "keeper": _SERVICE_IMAGES["blockchain-connector"],
    "mastr-connector-worker": _SERVICE_IMAGES["mastr-connector"],
    "forecast-connector-worker": _SERVICE_IMAGES["forecast-connector"],
    "forecast-oracle": _SERVICE_IMAGES["forecast-connector"],
    "trigger-service": _LOCAL_AWS,
    "gateway": Image("gateway", "gateway"),
    **_SERVICE_IMAGES,
}
_MEMORY_MB: Final = {
    "mongod": 768,
    "mastr-connector-worker": 768,
    "background-manager-logic": 384,
    "forecast-connector-worker": 384,
    "identity": 384,
    "redis": 128,
    "gateway": 64,
}
_USUAL_MB: Final = 256
_NODE_MB: Final = 1536
_SETTABLE: Final = (
    *("MONGO_URI", "MASTR_WSDL_URL", "MASTR_API_KEY", "MASTR_AKTEUR"),
    *("TBI_RP_ID", "TBI_RP_ORIGINS", "TBI_SECOND_FACTOR"),
)
_GATEWAY_IS_TOLD: Final = {
    "TBI_IDENTITY_ORIGIN": "${TBI_IDENTITY_ORIGIN:-http://localhost:4566}",
    "TBI_PORTAL_HOSTS": "${TBI_PORTAL_HOSTS:-}",
}
_STATE: Final[Mapping[str, str]] = {"mongod": "mongo", "redis": "cloud/redis", "trigger-service": "triggers"}
"""Folders that a program is told of by its command."""


def containers() -> list[Container]:
    """All of them, nodes first."""
    programs = [program for program in CloudPrograms(settings()).programs() if program.name != "chain"]
    return [*(_node(name) for name in PRODUCERS), *(_container(program) for program in programs), _boot()]


def names() -> Names:
    """A program's container is called as it is; the chain is its founder."""
    programs = CloudPrograms(settings()).programs()
    hosts = {port: program.name for program in programs for port in program.ports}
    return Names(CLOUD, {port: FOUNDER if name == "chain" else name for port, name in hosts.items()})


def environment(program: Program) -> dict[str, str]:
    """The plan's, as it is inside of a container."""
    named = names()
    values = {name: named(value) for name, value in program.environment.items()}
    told = {
        "TBI_CHAIN_URLS": ",".join(f"http://{node}:8888" for node in PRODUCERS),
        "TBI_BOX_NETWORKS": "${TBI_BOX_NETWORKS:-10.77.0.0/16}",
    }
    chain = {"TBI_CHAIN_ID": "${TBI_CHAIN_ID:-}"} if "TBI_CHAIN_URLS" in values else {}
    return {name: told.get(name, _settable(name, value)) for name, value in values.items()} | chain | log_of(program)


def _settable(name: str, value: str) -> str:
    """What an operator who has the real thing says otherwise."""
    return f"${{{name}:-{value}}}" if name in _SETTABLE else value


def _container(program: Program) -> Container:
    values = environment(program)
    name = program.name
    return Container(
        name,
        _IMAGES[name],
        _MEMORY_MB.get(name, _USUAL_MB),
        _command(program),
        values if name != "gateway" else _GATEWAY_IS_TOLD,
        _mounts(program, values),
        _networks(program, values),
        probe_of(replace(program, health="/health") if name == "identity" else program),
        _needs(program, values),
        LOCAL if name in ("identity", "mastr-simulator", "trigger-service") else None,
        _more(name),
    )


def _command(program: Program) -> tuple[str, ...]:
    words = tuple(names()(word) for word in program.command)
    more = {
        "identity": ("--bind", EVERYWHERE, "--name", "identity"),
        "mongod": ("--bind", EVERYWHERE),
        "trigger-service": ("--bind", EVERYWHERE),
        "redis": ("--protected-mode", "no"),
        "gateway": (),
    }
    return () if program.name == "gateway" else words + more.get(program.name, ())


def _mounts(program: Program, values: Mapping[str, str]) -> list[dict[str, Any]]:
    name = program.name
    if name == "identity":
        return [bind(f"{_LAID_OUT}/pool", DATA, write=True)]
    if name == "gateway":
        config = bind(f"{_LAID_OUT}/gateway/config.json", "/etc/tbi/gateway/config.json")
        return [config, bind(f"{_LAID_OUT}/gateway/link", LINK)]
    mounts = [_mount(name, path.relative_to(DATA)) for path in paths(values)]
    if name == "mongod":
        mounts.append(_mount(name, Path("cloud/mongo-password")))
    if name == "trigger-service":
        mounts.append(_mount(name, Path("identity.json")))
    if name in _STATE:
        mounts.append(volume(name, DATA / _STATE[name]))
    return mounts


def _mount(name: str, path: Path) -> dict[str, Any]:
    """State of its own in a volume; everything else was laid out by the operator."""
    target = DATA / path
    if path.parts[0] in _EXCHANGE:
        return bind(f"{_LAID_OUT}/{path}", target, write=True)
    if path.parts[0] == "cloud" and path.name != "mongo-password":
        return volume(name, target)
    within = "pool/" if path.parts[0] in _POOL else ""
    return bind(f"{_LAID_OUT}/{within}{path}", target)


def _networks(program: Program, values: Mapping[str, str]) -> list[str]:
    name = program.name
    if name in ("mongod", "redis"):
        return [_STORES]
    stores = [_STORES] if {"MONGO_URI", "TBI_REDIS_URL"} & values.keys() else []
    boxes = [VPN] if name in ("identity", "background-manager-logic", "gateway") else []
    return [_CLOUD, *stores, *boxes]


def _needs(program: Program, values: Mapping[str, str]) -> dict[str, str]:
    """Stores and the pool have to be there; services find each other by themselves, for they outlive each other."""
    if program.name == "gateway":
        return dict.fromkeys(PORTS, "service_started")
    needs = {}
    if "MONGO_URI" in values:
        needs["mongod"] = "service_healthy"
    if "TBI_REDIS_URL" in values:
        needs["redis"] = "service_healthy"
    if any(path.relative_to(DATA).parts[0] in _POOL for path in paths(values)):
        needs["identity"] = "service_healthy"
    return needs


def _more(name: str) -> dict[str, Any]:
    published = {
        "gateway": ["127.0.0.1:${TBI_GATEWAY_PORT:-8080}:8080"],
        "identity": ["127.0.0.1:${TBI_IDENTITY_PORT:-4566}:4566"],
    }
    slow = {"mongod": "40s", "identity": "20s"}
    return {
        **({"ports": published[name]} if name in published else {}),
        **({"stop_grace_period": slow[name]} if name in slow else {}),
    }


def _node(name: str) -> Container:
    """Every node hears all others. They share a genesis, and each has a key of its own."""
    founder = name == FOUNDER
    producers = [*(("eosio",) if founder else ()), PRODUCERS[name]]
    command = (
        *(PYTHON, "-m", "deploy.chain.node", "--data-dir", f"{DATA}/chain"),
        *("--http", f"{EVERYWHERE}:8888", "--p2p", f"{EVERYWHERE}:9876"),
        *("--genesis", f"{DATA}/genesis.json", "--key-file", f"{DATA}/producer.key"),
        *(word for producer in producers for word in ("--producer", producer)),
        *(word for peer in PRODUCERS if peer != name for word in ("--peer", f"{peer}:9876")),
        *(("--founding",) if founder else ()),
    )
    mounts = [
        volume(name, DATA / "chain"),
        bind(f"{_LAID_OUT}/chain/genesis.json", DATA / "genesis.json"),
        bind(f"{_LAID_OUT}/chain/{name}.key", DATA / "producer.key"),
    ]
    probe = "http http://127.0.0.1:8888/v1/chain/get_info"
    more: dict[str, Any] = {"stop_grace_period": "40s"}
    return Container(name, _CHAIN, _NODE_MB, command, {}, mounts, [_CLOUD], probe, more=more)


def _boot() -> Container:
    """Run once by the founding partner, and again after a contract has changed: docs/containers.md."""
    partners = (f"{partner}=${{TBI_KEY_{partner.upper()}:-}}" for partner in PRODUCERS.values())
    command = (
        *(PYTHON, "-m", "deploy.chain.consortium", "--url", f"http://{FOUNDER}:8888", "--keys", f"{DATA}/keys"),
        *("--producer-key", f"{DATA}/producer.key"),
        *(word for partner in partners for word in ("--partner", partner)),
    )
    mounts = [
        bind(f"{_LAID_OUT}/keys", DATA / "keys", write=True),
        bind(f"{_LAID_OUT}/chain/{FOUNDER}.key", DATA / "producer.key"),
    ]
    needs = dict.fromkeys(PRODUCERS, "service_healthy")
    more = {"restart": "no"}
    return Container("boot", _CHAIN, _USUAL_MB, command, {}, mounts, [_CLOUD], None, needs, "boot", more)
