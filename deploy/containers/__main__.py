"""Writes the compose files and the gateway's configuration from the plan; `--check` says which are not as it says."""

from __future__ import annotations

import sys

from deploy.containers.compose import stale, write


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        found = stale()
        for path in found:
            sys.stderr.write(f"{path} is not as the plan says: run python -m deploy.containers\n")
        return bool(found)
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
