"""Builds the contracts, and proves that what is checked in comes from the sources.

    python -m contracts.build build           compiles all contracts into contracts/build/
    python -m contracts.build check           compiles them elsewhere and compares byte for byte
    python -m contracts.build check --fast    compares only hashes of sources and results (contracts/build/sources.json)

The compiler and all that it needs are pinned by package-lock.json and installed when missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local import javascript
from deploy.local.javascript import JavascriptError

ROOM = Path(__file__).resolve().parent
CONTRACTS = ("tbitoken", "tbiclsbox", "tbimarket", "tbipool", "consortium")
BUILT = ROOM / "build"
HASHES = BUILT / "sources.json"
CURE = "Run `python -m contracts.build build` and commit contracts/build/"
AT_ONCE = 2
COMPILE_TIMEOUT_S = 300


class BuildError(Exception):
    """Something that the user can cure; the text says what and how."""


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
    with tempfile.TemporaryDirectory(prefix="tbi-contracts-") as folder:
        compile_all(Path(folder))
        BUILT.mkdir(exist_ok=True)
        for result in results(Path(folder)):
            shutil.copyfile(result, BUILT / result.name)
    HASHES.write_text(json.dumps(hashes(), indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"contracts: built {', '.join(CONTRACTS)}\n")


def check() -> None:
    """Compiles all contracts in a folder of their own and compares every byte."""
    check_hashes()
    with tempfile.TemporaryDirectory(prefix="tbi-contracts-") as folder:
        compile_all(Path(folder))
        differing = [result.name for result in results(Path(folder)) if not _is_same(result, BUILT / result.name)]
    if differing:
        raise BuildError(f"contracts/build/ does not hold what the sources compile to ({', '.join(differing)}): {CURE}")
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


def hashes() -> dict[str, dict[str, str]]:
    """SHA-256 of every source (with the pinned compiler) and of every result."""
    return {
        "sources": {path.relative_to(ROOM).as_posix(): _sha256(path) for path in sources()},
        "results": {
            name: _sha256(BUILT / name)
            for contract in CONTRACTS
            for name in (f"{contract}.wasm", f"{contract}.abi")
            if (BUILT / name).exists()
        },
    }


def sources() -> list[Path]:
    """All files that the results depend on."""
    code = [path for folder in ("shared", *CONTRACTS) for path in sorted((ROOM / folder).glob("*.ts"))]
    return [ROOM / "package-lock.json", *code]


def compile_all(folder: Path) -> None:
    """Compiles all contracts in `folder`, so that nothing of it is left beside the sources."""
    javascript.install(ROOM, javascript.environment(), lambda text: sys.stderr.write(f"{text}\n"))
    (folder / "node_modules").symlink_to(ROOM / "node_modules")
    for path in sources():
        copy = folder / path.relative_to(ROOM)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda contract: compile_contract(folder, contract), CONTRACTS))


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


def results(folder: Path) -> list[Path]:
    """The compiled files in `folder`."""
    return [folder / f"{contract}.{ending}" for contract in CONTRACTS for ending in ("wasm", "abi")]


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
