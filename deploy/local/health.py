"""Whether a part does its work, asked as its users would ask it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import requests

from deploy.local.plan import Program
from services.blockchain_connector.keeper import heartbeat

OK: Final = "ok"
_TIMEOUT_S: Final = 2.0
_STALE_S: Final = 10.0


def health(program: Program) -> str:
    """`ok`, or a few words on what is amiss. A program that cannot be asked is as well as its process: `ok`."""
    probe = _PROBES.get(program.probe)
    if probe is None:
        return OK
    try:
        return probe(program)
    except (requests.ConnectionError, ConnectionError):
        return "does not answer"
    except (requests.RequestException, OSError, ValueError, KeyError) as error:
        return f"does not answer well ({type(error).__name__})"


def _http(program: Program) -> str:
    url = program.url or ""
    if not program.path:
        answer = requests.get(f"{url}/rest/channel/_sum/State", auth=("x", "user"), timeout=_TIMEOUT_S)
        return OK if answer.ok else f"answers {answer.status_code}"
    answer = requests.get(f"{url}/health", timeout=_TIMEOUT_S)
    if not answer.ok:
        return f"answers {answer.status_code}"
    told = answer.json()
    if told.get("status") == "ok":
        return OK
    failed = [
        f"{name}: {check.get('detail')}" for name, check in told.get("checks", {}).items() if check["status"] != "ok"
    ]
    return "; ".join(failed) or str(told.get("status"))


def _chain(program: Program) -> str:
    info = requests.get(f"{program.url}/v1/chain/get_info", timeout=_TIMEOUT_S).json()
    head = datetime.fromisoformat(info["head_block_time"]).replace(tzinfo=UTC)
    age = (datetime.now(UTC) - head).total_seconds()
    return OK if age < _STALE_S else f"no block for {age:.0f} s"


def _redis(program: Program) -> str:
    with _connect(program) as connection:
        connection.sendall(b"PING\r\n")
        answer = connection.recv(64)
    return OK if answer.startswith(b"+PONG") else answer.decode(errors="replace").strip()


def _connect(program: Program) -> socket.socket:
    return socket.create_connection((program.host, program.ports[0]), timeout=_TIMEOUT_S)


def _tcp(program: Program) -> str:
    _connect(program).close()
    return OK


def _heartbeat(program: Program) -> str:
    return heartbeat.read(Path(program.environment["TBI_STATE_DIR"]), datetime.now(UTC)) or OK


_PROBES: Final[dict[str, Callable[[Program], str]]] = {
    "http": _http,
    "chain": _chain,
    "redis": _redis,
    "tcp": _tcp,
    "heartbeat": _heartbeat,
}
