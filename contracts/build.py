"""Builds the contracts, and proves that what is checked in comes from the sources.

    python -m contracts.build build           compiles all contracts into contracts/build/
    python -m contracts.build check           compiles them elsewhere and compares byte for byte
    python -m contracts.build check --fast    compares only hashes of sources and results (contracts/build/sources.json)

Beside the market's contracts it builds those of the tests (tests/contracts/): hostile ones, tbimarket's next version
and one that awards wrongly, which are its sources with the changes of upgrade/changes.json and of
dishonest/changes.json. The compiler and all that it needs are pinned by package-lock.json and installed when missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from contracts import descriptions
from deploy.local import javascript
from deploy.local.javascript import JavascriptError

ROOM = Path(__file__).resolve().parent
CONTRACTS = ("tbitoken", "tbiclsbox", "tbimarket", "tbipool", "consortium")
BUILT = ROOM / "build"
HASHES = BUILT / "sources.json"
CURE = "Run `python -m contracts.build build` and commit contracts/build/ and tests/contracts/*/build/"
TESTS = ROOM.parent / "tests/contracts"
AT_ONCE = 2
COMPILE_TIMEOUT_S = 300


class BuildError(Exception):
    """Something that the user can cure; the text says what and how."""


@dataclass(frozen=True)
class Build:
    """Contracts that are compiled together with the market's sources.

    `folder` holds sources of their own (a folder each) and changes to the market's; the results go to `built`.
    """

    contracts: tuple[str, ...]
    folder: Path
    built: Path

    @property
    def results(self) -> list[Path]:
        return [self.built / f"{contract}.{ending}" for contract in self.contracts for ending in ("wasm", "abi")]


BUILDS = (
    Build(CONTRACTS, ROOM, BUILT),
    Build(("faketoken", "intruder"), TESTS / "hostile", TESTS / "hostile/build"),
    Build(("tbimarket",), TESTS / "upgrade", TESTS / "upgrade/build"),
    Build(("tbimarket",), TESTS / "dishonest", TESTS / "dishonest/build"),
)


def main() -> int:
    """The command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Builds the contracts, or checks what is checked in.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="compile all contracts into contracts/build/")
    check_parser = commands.add_parser("check", help="exit 1 when contracts/build/ does not come from the sources")
    check_parser.add_argument("--fast", action="store_true", help="compare hashes only, without compiling")
    arguments = parser.parse_args()
    try:
        if arguments.command == "build":
            build()
        elif arguments.fast:
            check_hashes()
        else:
            check()
    except (BuildError, JavascriptError) as error:
        sys.stderr.write(f"contracts: {error}\n")
        return 1
    return 0


def build() -> None:
    """Compiles all contracts and writes wasm, ABI and the hashes of what they were made from."""
    for one in BUILDS:
        with tempfile.TemporaryDirectory(prefix="tbi-contracts-") as folder:
            compile_all(one, Path(folder))
            one.built.mkdir(exist_ok=True)
            for result in one.results:
                shutil.copyfile(Path(folder) / result.name, result)
        sys.stdout.write(f"contracts: built {', '.join(one.contracts)} in {_place(one.built)}\n")
    HASHES.write_text(json.dumps(hashes(), indent=2) + "\n", encoding="utf-8")
    descriptions.write()


def check() -> None:
    """Compiles all contracts in a folder of their own and compares every byte."""
    check_hashes()
    differing: list[str] = []
    for one in BUILDS:
        with tempfile.TemporaryDirectory(prefix="tbi-contracts-") as folder:
            compile_all(one, Path(folder))
            differing += [_place(kept) for kept in one.results if not _is_same(Path(folder) / kept.name, kept)]
    if differing:
        raise BuildError(f"not what the sources compile to: {', '.join(differing)}. {CURE}")
    sys.stdout.write("contracts: what is checked in comes from the sources, byte for byte\n")


def check_hashes() -> None:
    """Whether sources and results are those of the last build."""
    kept = json.loads(HASHES.read_text(encoding="utf-8")) if HASHES.exists() else {}
    found = hashes()
    changed = [
        name
        for part in ("sources", "results")
        for name in sorted({*kept.get(part, {}), *found[part]})
        if kept.get(part, {}).get(name) != found[part].get(name)
    ]
    if changed:
        raise BuildError(f"changed since the last build: {', '.join(changed)}. {CURE}")
    if descriptions.changed():
        raise BuildError(
            f"contracts/scdl/ does not describe {', '.join(descriptions.changed())}: "
            "run `python -m contracts.descriptions` and commit contracts/scdl/"
        )


def hashes() -> dict[str, dict[str, str]]:
    """SHA-256 of every source (with the pinned compiler) and of every result."""
    results = [path for one in BUILDS for path in one.results if path.exists()]
    own = [path for one in BUILDS[1:] for path in own_sources(one)]
    return {
        "sources": {_place(path): _sha256(path) for path in (*sources(), *own)},
        "results": {_place(path): _sha256(path) for path in results},
    }


def sources() -> list[Path]:
    """All files that the market's contracts are made from."""
    code = [path for folder in ("shared", *CONTRACTS) for path in sorted((ROOM / folder).glob("*.ts"))]
    return [ROOM / "package-lock.json", *code]


def own_sources(one: Build) -> list[Path]:
    """What a build of the tests has beside the market's sources."""
    return sorted([*one.folder.glob("*/*.ts"), *one.folder.glob("changes.json")])


def compile_all(one: Build, folder: Path) -> None:
    """Compiles a build's contracts in `folder`, so that nothing of it is left beside the sources."""
    javascript.install(ROOM, javascript.environment(), lambda text: sys.stderr.write(f"{text}\n"))
    (folder / "node_modules").symlink_to(ROOM / "node_modules")
    _copy(sources(), ROOM, folder)
    if one.folder != ROOM:
        _copy(own_sources(one), one.folder, folder)
        _change(folder)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda contract: compile_contract(folder, contract), one.contracts))


def _copy(files: list[Path], root: Path, folder: Path) -> None:
    for path in files:
        copy = folder / path.relative_to(root)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)


def _change(folder: Path) -> None:
    """Changes the copied sources: each text stands there exactly once and is replaced."""
    changes = folder / "changes.json"
    for change in json.loads(changes.read_text(encoding="utf-8")) if changes.exists() else []:
        path = folder / change["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(change["from"]) != 1:
            raise BuildError(
                f"{change['file']} does not hold exactly once what a changes.json of tests/contracts/ replaces: "
                f"{change['from']!r}. Write the change anew"
            )
        path.write_text(text.replace(change["from"], change["to"]), encoding="utf-8")


def compile_contract(folder: Path, contract: str) -> None:
    """Compiles one contract; its wasm and ABI then lie in `folder`."""
    source = f"{contract}/{contract}.contract.ts"
    command = ("node_modules/.bin/ts-node-transpile-only", "node_modules/.bin/proton-asc", f"./{source}")
    told = javascript.run(folder, javascript.environment(), command, COMPILE_TIMEOUT_S)
    target = folder / contract / "target"
    for ending in ("wasm", "abi"):
        made = target / f"{contract}.contract.{ending}"
        if not made.exists():
            raise BuildError(f"contracts/{source} does not compile:\n{told}")
        made.rename(folder / f"{contract}.{ending}")
    _finish_abi(folder / f"{contract}.abi")


def _finish_abi(path: Path) -> None:
    abi = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(abi, indent=2) + "\n", encoding="utf-8")


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def _place(path: Path) -> str:
    return path.relative_to(ROOM.parent).as_posix()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
