"""Whether a part does its work, asked as its users would ask it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import requests

from deploy.local.plan import Program

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
    except (requests.RequestException, OSError, ValueError, KeyError, TypeError) as error:
        return f"does not answer well ({type(error).__name__})"


def _http(program: Program) -> str:
    answer = _get(f"{program.url}{program.health}")
    if not answer.ok:
        return f"answers {answer.status_code}"
    told = answer.json()
    if told.get("status") == "ok":
        return OK
    failed = [
        f"{name}: {check.get('detail')}" for name, check in told.get("checks", {}).items() if check["status"] != "ok"
    ]
    return "; ".join(failed) or str(told.get("status"))


def _answers(program: Program) -> str:
    if program.ready_file is not None and not program.ready_file.exists():
        return "is not set up yet"
    answer = _get(f"{program.url}{program.health}")
    return OK if answer.ok else f"answers {answer.status_code}"


def _openems(program: Program) -> str:
    answer = _get(f"{program.url}/rest/channel/_sum/State", auth=("x", "user"))
    return OK if answer.ok else f"answers {answer.status_code}"


def _chain(program: Program) -> str:
    info = _get(f"{program.url}/v1/chain/get_info").json()
    head = datetime.fromisoformat(info["head_block_time"]).replace(tzinfo=UTC)
    age = (datetime.now(UTC) - head).total_seconds()
    return OK if age < _STALE_S else f"no block for {age:.0f} s"


def _get(url: str, **more: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=_TIMEOUT_S, **more)


def _mongo(program: Program) -> str:
    from pymongo import MongoClient  # noqa: PLC0415 - loaded for this part only
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    if program.ready_file is not None and not program.ready_file.exists():
        return "is not set up yet"
    try:
        with MongoClient[dict[str, Any]](
            program.host, program.ports[0], directConnection=True, serverSelectionTimeoutMS=int(_TIMEOUT_S * 1000)
        ) as client:
            return OK if client.admin.command("hello").get("isWritablePrimary") else "is not primary yet"
    except PyMongoError as error:
        return f"does not answer ({type(error).__name__})"


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
    """Keeper and oracle write when they last did their round, and what went wrong in it."""
    if program.ready_file is None or not program.ready_file.exists():
        return "no heartbeat"
    beat = json.loads(program.ready_file.read_text(encoding="utf-8"))
    age = (datetime.now(UTC) - datetime.fromisoformat(beat["at"])).total_seconds()
    if age > _STALE_S + beat.get("interval_s", 0):
        return f"the last heartbeat is {age:.0f} s old"
    return OK if beat.get("error") is None else str(beat["error"])


_PROBES: Final[dict[str, Callable[[Program], str]]] = {
    "http": _http,
    "answers": _answers,
    "openems": _openems,
    "chain": _chain,
    "mongo": _mongo,
    "redis": _redis,
    "tcp": _tcp,
    "heartbeat": _heartbeat,
}
