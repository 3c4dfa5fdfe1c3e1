"""The hashed locks under locks/: one a service, one for each environment. What `./tbi lock` does.

A lock names versions and hashes only, no index, host or path, so that it installs the same files on every machine. The
resolver reads the default index of its own and no local pip configuration.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
_LOCAL_SETTINGS = ("UV_", "PIP_")
_FLAGS = (
    "--generate-hashes",
    "--universal",
    "--no-strip-extras",
    "--python-version=3.11",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
    "--no-config",
    "--quiet",
)


@dataclass(frozen=True)
class Lock:
    """`name`.txt holds what `source` (the resolver's options) asks for; `agrees`: a lock whose versions it keeps to."""

    name: str
    source: tuple[str, ...]
    agrees: str | None = "dev"


LOCKS = (
    Lock("dev", ("--extra", "dev"), agrees=None),
    Lock("build", ("--group", "build")),
    Lock("embedded", ("--extra", "embedded")),
    Lock("tpm-api", ("--extra", "tpm-api")),
    Lock("cls-box-logic", ("--extra", "cls-box-logic")),
    Lock("blockchain-connector", ("--extra", "blockchain-connector")),
    Lock("mastr-connector", ("--extra", "mastr-connector")),
    Lock("forecast-connector", ("--extra", "forecast-connector")),
    Lock("background-manager-logic", ("--extra", "background-manager-logic")),
    Lock("lambdas", ("--extra", "lambdas")),
    Lock("box", ("--extra", "box")),
    Lock("node", ("--extra", "node")),
    Lock("mongod", ("--extra", "mongod")),
    Lock("local-aws", ("--extra", "local-aws")),
    Lock("simulators", ("--extra", "simulators")),
    Lock("compose", ("--group", "compose"), agrees=None),
    Lock("chain", ("--group", "node"), agrees=None),
    Lock("mongo", ("--group", "mongo"), agrees=None),
    Lock("identity", ("--group", "identity"), agrees=None),
    Lock("javascript", ("--group", "javascript"), agrees=None),
    Lock("generator", ("--group", "generator"), agrees=None),
    Lock("freezer", ("--group", "freezer"), agrees="build"),
)


class LockError(Exception):
    """The resolver refused; the message is its own."""


def command(lock: Lock, upgrade: bool) -> list[str]:
    """The resolver's command for one lock."""
    source = ["pyproject.toml", *lock.source] if "--extra" in lock.source else list(lock.source)
    constraint = ["--constraint", f"locks/{lock.agrees}.txt"] if lock.agrees else []
    return [
        sys.executable,
        *("-m", "uv", "pip", "compile"),
        *source,
        *_FLAGS,
        *constraint,
        *(["--upgrade"] if upgrade else []),
        *("--output-file", f"locks/{lock.name}.txt"),
    ]


def write_all(say: Callable[[str], None], upgrade: bool = False) -> None:
    """Write every lock anew. Versions stay as they are unless `upgrade`. Raises LockError."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_LOCAL_SETTINGS)}
    for lock in LOCKS:
        done = subprocess.run(
            command(lock, upgrade), cwd=REPO, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LockError(f"locks/{lock.name}.txt cannot be made: {done.stderr.strip()}")
        say(f"locks/{lock.name}.txt")
