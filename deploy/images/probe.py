"""A container's health, asked from inside it: `probe.py http URL`, `probe.py tcp PORT [FILE]`, `probe.py beat FILE`.

Standard library only, for it is started every few seconds. Exit code 0 when well, else 1 and a word why.
"""

from __future__ import annotations

import json
import socket
import sys
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

_TIMEOUT_S = 9
_STALE_S = 10.0


def http(url: str) -> None:
    """Whether it answers with 2xx: a service that is degraded by another's absence is not started anew for it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=_TIMEOUT_S):  # it raises for every other answer
        return


def tcp(port: str, file: str = "") -> None:
    """Whether somebody listens, and the file is there that he writes when he is ready."""
    if file and not Path(file).exists():
        raise OSError(f"there is no {file} yet")
    socket.create_connection(("127.0.0.1", int(port)), timeout=_TIMEOUT_S).close()


def beat(file: str) -> None:
    """Whether the program wrote its heartbeat lately, and no error with it."""
    told = json.loads(Path(file).read_text(encoding="utf-8"))
    age = (datetime.now(UTC) - datetime.fromisoformat(told["at"])).total_seconds()
    if age > _STALE_S + told.get("interval_s", 0):
        raise ValueError(f"the last heartbeat is {age:.0f} s old")


_KINDS: Mapping[str, Callable[..., None]] = {"http": http, "tcp": tcp, "beat": beat}


def main(arguments: list[str]) -> int:
    kind, *what = arguments
    try:
        _KINDS[kind](*what)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{' '.join(arguments)}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
