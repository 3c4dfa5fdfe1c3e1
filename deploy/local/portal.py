"""The web portal's build: packages from the lock, then the pages, each only when what it is made from has changed.

    python -m deploy.local.portal build | test

The pages are made beside those that are served
and then take their place, so that a build that fails leaves the portal as it was.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import hashlib
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local import first_visit, javascript
from deploy.local.javascript import REPO, JavascriptError, Say

FOLDER: Final = Path("webportal")
PAGES: Final = FOLDER / "dist/portal/browser"
"""What the gateway serves at `/`."""

_PACKAGES: Final = ("package.json", "package-lock.json", ".npmrc")
_SETTINGS: Final = ("angular.json", "tsconfig.json", "tsconfig.app.json")
_SOURCES: Final = ("src", "public")
_COMPRESSED: Final = (".js", ".css", ".svg")
_BUILD_S: Final = 900


def build(repo: Path, env: Path, say: Say) -> bool:
    """Make the pages when they are not current; whether they were made. Raises JavascriptError."""
    folder = repo / FOLDER
    if _is_current(folder):
        return False
    with _alone(folder):
        if _is_current(folder):  # another one has just made them
            return False
        began = time.monotonic()
        javascript.install(folder, env, say)
        say("the portal is being built (about a minute)")
        wanted = _hash(folder, (*_PACKAGES, *_SETTINGS), _SOURCES)
        draft = folder / "dist" / "portal.new"
        shutil.rmtree(draft, ignore_errors=True)
        _ng(folder, env, "build", "--stats-json", "--output-path", str(draft))
        _compress(draft / "browser")
        say(f"a first visit transfers {_first_visit(draft) / 1000:.1f} kB")
        _take_place(draft, folder / "dist" / "portal")
        _mark(folder).write_text(wanted + "\n")
        say(f"the portal is built after {time.monotonic() - began:.0f} s")
    return True


def _first_visit(draft: Path) -> int:
    """In bytes. Raises JavascriptError when they are too many."""
    try:
        size = first_visit.transferred(draft / "browser", draft / "stats.json")
    except LookupError as error:
        raise JavascriptError(f"what a first visit transfers cannot be told: {error}") from error
    if size > first_visit.MOST_BYTES:
        most = first_visit.MOST_BYTES / 1000
        raise JavascriptError(
            f"the portal's first visit would transfer {size / 1000:.1f} kB, more than {most:.0f} kB (P12): load what "
            "the sign-in page does not need when it is needed (import())"
        )
    return size


def test(repo: Path, env: Path, say: Say) -> None:
    """The component tests, and whether the sources are formatted. Raises JavascriptError."""
    folder = repo / FOLDER
    with _alone(folder):
        javascript.install(folder, env, say)
    prettier = ("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "src")
    javascript.run(folder, env, prettier, _BUILD_S)
    _ng(folder, env, "test", "--watch=false")


def _ng(folder: Path, env: Path, *arguments: str) -> None:
    script = ("node_modules/@angular/cli/bin/ng.js", *arguments)
    javascript.run(folder, env, script, _BUILD_S, {"NG_CLI_ANALYTICS": "false"})


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
            test(REPO, javascript.environment(), _say)
        elif not build(REPO, javascript.environment(), _say):
            _say("the portal is current")
    except JavascriptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
