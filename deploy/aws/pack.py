"""Packs the trigger service's functions for AWS Lambda: `python -m deploy.aws.pack`, then `sam deploy`.

Writes build/lambdas/: the functions, the generated clients, the shared modules, and the locked packages as wheels for
Lambda's Python 3.11 on arm64.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parents[2]
TARGET: Final = REPO / "build/lambdas"
_OURS: Final = ("lambdas", "clients", "services/__init__.py", "services/shared")
_FOR_LAMBDA: Final = (
    *("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--only-binary", ":all:"),
    *(
        "--platform",
        "manylinux2014_aarch64",
        "--platform",
        "manylinux_2_17_aarch64",
        "--platform",
        "manylinux_2_26_aarch64",
    ),
)
_LIMIT_BYTES: Final = 250 * 1024 * 1024  # AWS: a function unpacked, with its layers


def pack() -> int:
    """Writes the folder anew; its size in bytes. Raises CalledProcessError when the packages cannot be had."""
    shutil.rmtree(TARGET, ignore_errors=True)
    lock = str(REPO / "locks/lambdas.txt")
    install = ("install", "--quiet", "--require-hashes", "--no-compile", "--target", str(TARGET))
    subprocess.run([sys.executable, "-m", "pip", *install, *_FOR_LAMBDA, "-r", lock], check=True)
    lay_out(TARGET)
    return sum(file.stat().st_size for file in TARGET.rglob("*") if file.is_file())


def lay_out(target: Path) -> None:
    """What is ours, into the folder."""
    for name in _OURS:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (REPO / name).is_file():
            shutil.copy(REPO / name, place)
        else:
            shutil.copytree(REPO / name, place, ignore=shutil.ignore_patterns("__pycache__"))


if __name__ == "__main__":
    size = pack()
    sys.stdout.write(f"{TARGET}: {size / 1e6:.0f} MB of {_LIMIT_BYTES / 1e6:.0f} MB\n")
    sys.exit(size > _LIMIT_BYTES)
