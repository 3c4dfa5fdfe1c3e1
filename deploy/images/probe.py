"""A container's health, asked from inside it: `probe.py http URL`, `probe.py tcp PORT [FILE]`, `probe.py beat FILE`.

Standard library only, and of that as little as can be, for it is started every few seconds in every container.
Exit code 0 when well, else 1 and a word why.
"""

from __future__ import annotations

import os
import socket
import sys

_TIMEOUT_S = 15.0
_STALE_S = 10.0


def http(url: str) -> None:
    """Whether it answers with 2xx: a service that is degraded by another's absence is not started anew for it."""
    address, _, path = url.removeprefix("http://").partition("/")
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=_TIMEOUT_S) as connection:
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        status = connection.recv(12)
    if status[9:10] != b"2":
        raise ValueError(f"the answer begins with {status!r}")


def tcp(port: str, file: str = "") -> None:
    """Whether somebody listens, and the file is there that he writes when he is ready."""
    if file:
        os.stat(file)  # noqa: PTH116 - pathlib is not loaded for it
    socket.create_connection(("127.0.0.1", int(port)), timeout=_TIMEOUT_S).close()


def beat(file: str) -> None:
    """Whether the program wrote its heartbeat lately."""
    import json  # noqa: PLC0415 - the other ways do without
    from datetime import UTC, datetime  # noqa: PLC0415

    with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - the same
        told = json.load(stream)
    age = (datetime.now(UTC) - datetime.fromisoformat(told["at"])).total_seconds()
    if age > _STALE_S + told.get("interval_s", 0):
        raise ValueError(f"the last heartbeat is {age:.0f} s old")


def main(arguments: list[str]) -> int:
    kind, *what = arguments
    try:
        if kind == "http":
            http(*what)
        elif kind == "tcp":
            tcp(*what)
        else:
            beat(*what)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{' '.join(arguments)}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
