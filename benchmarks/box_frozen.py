"""ADR 0026: a box's Python processes from an environment as its image has it, and frozen into one program.

    python -m benchmarks.box_frozen [--times 5] [--folder DIR] [--python /usr/bin/python3]

Both are made in a folder (kept when it is named, so that a second run only measures) from the hashed locks: an
environment without pip, and one folder of PyInstaller that all five processes share (`--onedir --strip`, one entry).
Then all five are started at once beside Redis, a software TPM, a simulated OpenEMS and a chain node, which run already;
ready is when all checks of the three services are well. Memory (proportional set size) is of five seconds later.
The two take turns. Sizes are of what a box fetches beyond Debian and its libraries: code, environment, interpreter.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from deploy.containers.memory import Taken, taken
from deploy.local.boxes import BOXES, provision
from deploy.local.plan.box import PARTS, BoxPrograms
from deploy.local.plan.program import Program
from deploy.local.settings import REPO, Settings
from services.shared.wait import wait_until
from tests.integration.chain.support import start_chain
from tests.integration.forecast.pool import Pool

MODULES = {
    "tpm-api": "services.tpm_api",
    "blockchain-connector": "services.blockchain_connector",
    "cls-box-logic": "services.cls_box_logic",
    "worker": "services.cls_box_logic.worker",
    "engine-proxy": "services.cls_box_logic.engine_proxy",
}
CODE = ("market", "services/__init__.py", "services/shared", *(f"services/{n}" for n in ("tpm_api", "cls_box_logic")))
_READY_S, _SETTLE_S = 120.0, 5.0
_ENTRY = "import runpy, sys\nrunpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)\n"
Command = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class Made:
    """`command(module)` runs a module of the box's; `fetched` are the files that a box fetches for it."""

    name: str
    command: Command
    fetched: Sequence[Path]


@dataclass(frozen=True)
class Run:
    ready_s: float
    memory: dict[str, Taken]

    @property
    def memory_mb(self) -> float:
        return sum(taken.total for taken in self.memory.values())


def main() -> int:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--times", type=int, default=5)
    told.add_argument("--folder", type=Path, help="where environment and frozen program are made, and stay")
    told.add_argument("--python", type=Path, default=Path("/usr/bin/python3"), help="Debian's, as images have it")
    options = told.parse_args()
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tbi-frozen-")))
        ways = (environment(folder, options.python), frozen(folder))
        runs: dict[str, list[Run]] = {way.name: [] for way in ways}
        bench = stack.enter_context(Bench())
        for _ in range(options.times):
            for way in ways:
                runs[way.name].append(bench.run(way.command))
    for way in ways:
        report(way, runs[way.name])
    return 0


def environment(folder: Path, python: Path) -> Made:
    """As deploy/images/install.sh makes it, with a copy of the interpreter: others here run the same one."""
    made, tools = folder / "environment", folder / "tools"
    if not (folder / "environment.done").exists():
        for name in (made, tools):
            shutil.rmtree(name, ignore_errors=True)
        _call(python, "-m", "venv", tools)
        _call(python, "-m", "venv", "--copies", "--without-pip", made)
        pip = (tools / "bin/pip", "-q", "--disable-pip-version-check")
        hashed = ("--require-hashes", "--no-build-isolation", "--only-binary", ":all:")
        _call(*pip, "install", *hashed, "-r", "locks/build.txt")
        _call(*pip, "wheel", *hashed, "--no-binary", "tpm2-pytss", "-w", folder / "wheels", "-r", "locks/box.txt")
        wheels = sorted((folder / "wheels").glob("*.whl"))
        _call(*pip, "--python", made / "bin/python", "install", "--no-index", "--no-deps", *wheels)
        (folder / "environment.done").touch()
    code = [REPO / name for name in (*CODE, "services/blockchain_connector")]
    where = [python, "-c", "import os; print(os.__file__)"]
    library = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()).parent
    fetched = [made / "lib", *code, python.resolve(), library]
    return Made("environment", lambda module: (str(made / "bin/python"), "-m", module), fetched)


def frozen(folder: Path) -> Made:
    """One folder for all: what is imported by name only (the modules themselves, jobs) is named."""
    made = folder / "frozen"
    if not (folder / "frozen.done").exists():
        shutil.rmtree(made, ignore_errors=True)
        tools, wheels = folder / "tools", sorted((folder / "wheels").glob("*.whl"))
        pip = (tools / "bin/pip", "-q", "--disable-pip-version-check")
        _call(*pip, "install", "--no-index", "--no-deps", *wheels)
        _call(*pip, "install", "--require-hashes", "--only-binary", ":all:", "-r", "locks/freezer.txt")
        entry = folder / "box_entry.py"
        entry.write_text(_ENTRY)
        named = [f"--hidden-import={module}" for module in _named()]
        began = time.monotonic()
        form = ("--onedir", "--strip", "--noconfirm", "--name", "box", "--log-level", "ERROR", "--paths", REPO)
        places = ("--distpath", made, "--workpath", folder / "work", "--specpath", folder)
        _call(tools / "bin/pyinstaller", *form, *places, *named, entry)
        print(f"frozen in {time.monotonic() - began:.0f} s")
        (folder / "frozen.done").touch()
    return Made("frozen", lambda module: (str(made / "box/box"), module), [made / "box"])


def _named() -> list[str]:
    """The modules, and of packages what runs them."""
    packages = (module for module in MODULES.values() if (REPO / module.replace(".", "/")).is_dir())
    return [*MODULES.values(), *(f"{package}.__main__" for package in packages)]


class Bench:
    """A box's neighbours, running; `run` starts its five processes beside them."""

    def __enter__(self) -> Bench:
        self._stack = ExitStack()
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tbi-")))
            pool = Pool(self._folder)
            pool.start()
            stack.callback(pool.stop)
            chain = start_chain(self._folder / "chain", lambda _: None)
            stack.callback(chain.node.stop)
            self._programs = self._plan(chain.node.url)
            for name in ("swtpm", "redis", "openems"):
                stack.enter_context(_Process(self._programs[name], self._folder))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, command: Command) -> Run:
        with ExitStack() as stack:
            began = time.monotonic()
            processes = {}
            for part, module in MODULES.items():
                program = replace(self._programs[part], command=command(module))
                processes[part] = stack.enter_context(_Process(program, self._folder))
            wait_until(lambda: all(p.runs for p in processes.values()) and self._well(), _READY_S, 0.02, "the box")
            ready_s = time.monotonic() - began
            settled = time.monotonic() + _SETTLE_S
            wait_until(lambda: time.monotonic() >= settled and self._well(), _READY_S, 0.5, "the box, settled")
            return Run(ready_s, {part: taken(process.pid) for part, process in processes.items()})

    def _plan(self, chain_url: str) -> dict[str, Program]:
        """The local system's programs of a box, in a folder of our own."""
        settings = Settings(self._folder, 9_000, sys.executable, Path("/nowhere"))
        box = BOXES[0]
        home = self._folder / "boxes" / box.name
        for part in PARTS:
            (home / part).mkdir(parents=True)
        provision(box, home, "its-owner")
        found = {
            program.name.removeprefix(f"{box.name}."): program for program in BoxPrograms(settings, box).programs()
        }
        self._health = [f"{found[part].url}/health" for part in ("tpm-api", "blockchain-connector", "cls-box-logic")]
        told = {"TBI_CHAIN_URLS": chain_url}
        proxy = Program("engine-proxy", (), {"TBI_HOST": box.address, "TBI_PORT": "11375", "TBI_CONTAINERS": "none"})
        return {**{n: replace(p, environment={**p.environment, **told}) for n, p in found.items()}, proxy.name: proxy}

    def _well(self) -> bool:
        return all(_says_well(url) for url in self._health)


def _says_well(url: str) -> bool:
    try:
        checks: dict[str, Any] = requests.get(url, timeout=5).json()["checks"]
    except (requests.RequestException, ValueError, KeyError):
        return False
    return all(check["status"] == "ok" for check in checks.values())


class _Process:
    """A program of the plan, while it is used as a context."""

    def __init__(self, program: Program, folder: Path) -> None:
        log = (folder / f"{program.name}.log").open("ab")
        environment = {**os.environ, "PYTHONPATH": str(REPO), "TSS2_LOG": "all+NONE", **program.environment}
        self._process = subprocess.Popen(program.command, env=environment, cwd=REPO, stdout=log, stderr=log)
        log.close()

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Raises RuntimeError when it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._process.args} ended with {self._process.returncode}")
        return True


def report(way: Made, runs: Sequence[Run]) -> None:
    ready = sorted(run.ready_s for run in runs)
    middle = sorted(runs, key=lambda run: run.memory_mb)[len(runs) // 2]
    each = ", ".join(f"{part} {mb.total:.0f}" for part, mb in middle.memory.items())
    size, compressed = sizes(way.fetched)
    print(f"{way.name:12} ready {statistics.median(ready):.2f} s ({ready[0]:.2f} to {ready[-1]:.2f})")
    print(f"{'':12} memory {middle.memory_mb:.0f} MB ({each})")
    print(f"{'':12} fetched {size:.0f} MB, compressed {compressed:.0f} MB")


def sizes(paths: Sequence[Path]) -> tuple[float, float]:
    """(as it is, as a layer is compressed) in MB; of libraries without what images do not have, either."""
    counted = _Counted()
    with tarfile.open(fileobj=counted, mode="w|") as archive:  # type: ignore[call-overload]
        for path in paths:
            archive.add(path, arcname=path.name, filter=_shipped)
    return counted.size / 1e6, (counted.compressed + len(counted.packer.flush())) / 1e6


def _shipped(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    away = ("test", "tests", "ensurepip", "dist-packages", "idlelib", "lib2to3", "tkinter")
    return None if any(part in away or part.startswith("config-3") for part in Path(entry.name).parts) else entry


class _Counted:
    def __init__(self) -> None:
        self.size = self.compressed = 0
        self.packer = zlib.compressobj(6)

    def write(self, block: bytes) -> int:
        self.size += len(block)
        self.compressed += len(self.packer.compress(block))
        return len(block)


def _call(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], cwd=REPO, check=True)


if __name__ == "__main__":
    sys.exit(main())
