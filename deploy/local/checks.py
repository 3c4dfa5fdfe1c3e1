"""What `./tbi test` runs: checks and tests in groups, each a command of its own, with a summary at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.chain.nodeos import chain_env

REPO = Path(__file__).resolve().parents[2]
_TESTS_FAILED: Final = 1  # pytest's exit code for it
GROUPS: Final = ("unit", "portal", "contracts", "integration", "apis", "system", "catalogue", "faults")
APART: Final = ("containers", "armv7")
"""Only when they are named: they want an engine, and many minutes."""


@dataclass(frozen=True)
class Check:
    """A command, as arguments of this Python. `needs`: a path without which the check has no object.

    `again`: another group's check runs the same, so it runs only when not all are run. `once`: what fails is not run
    again when its group is asked for, as what is lost once in a hundred times is lost; among all it is like the others.
    """

    name: str
    group: str
    arguments: tuple[str, ...]
    needs: str = "."
    again: bool = False
    once: bool = False


@dataclass(frozen=True)
class Result:
    """`unsteady`: it passed only when what had failed was run again, alone."""

    name: str
    passed: bool
    seconds: float
    unsteady: bool = False


def _pytest(group: str, path: str, workers: int = 0, name: str = "", *, again: bool = False) -> Check:
    """`workers` run the tests beside each other, the tests of a file by one of them: most wait for blocks."""
    beside = ("-n", str(workers), "--dist", "loadfile") if workers else ()
    return Check(f"tests: {name or group}", group, ("-m", "pytest", "-q", path, *beside), path, again)


CHECKS: Final = (
    Check("ruff", "unit", ("-m", "ruff", "check", "-q", ".")),
    Check("ruff format", "unit", ("-m", "ruff", "format", "-q", "--check", ".")),
    Check("mypy", "unit", ("-m", "mypy")),
    Check(
        "import rules",
        "unit",
        ("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"),
    ),
    Check("openapi documents", "unit", ("-m", "services.shared.web.openapi", "--check")),
    Check("generated clients", "unit", ("-m", "cli", "generate", "--check")),
    _pytest("unit", "tests/unit", workers=2),
    Check("portal: build", "portal", ("-m", "deploy.local.portal", "build"), needs="webportal"),
    Check("portal: tests", "portal", ("-m", "deploy.local.portal", "test"), needs="webportal"),
    Check("contracts from their sources", "contracts", ("-m", "contracts.build", "check")),
    _pytest("contracts", "tests/contracts", workers=2),
    _pytest("integration", "tests/integration", workers=3),
    _pytest("apis", "tests/apis"),
    _pytest("system", "tests/system"),
    _pytest("system", "tests/e2e", name="in a browser"),
    _pytest("catalogue", "tests/catalogue"),
    Check("tests: faults of the whole system (R1, R9)", "faults", ("-m", "pytest", "-q", "tests/faults"), once=True),
    _pytest("faults", "tests/integration/market/test_outage.py", name="a box without a link (R2)", again=True),
    _pytest("faults", "tests/integration/box/test_power_cut.py", name="power cuts (R3)", again=True),
    _pytest("faults", "tests/integration/network", name="a producer lost (R8)", again=True),
    _pytest("containers", "tests/containers"),
    _pytest("armv7", "tests/armv7", name="a box on ARMv7, emulated (P11)"),
)


def run(groups: Sequence[str], say: Callable[[str], None], more: Sequence[str] = ()) -> list[Result]:
    """Run the groups' checks, all of them even when one fails. `more` goes to pytest.

    Tests that failed are run once more, alone: a machine that is short of breath is told apart from what is broken,
    and the summary says so.
    """
    results, everything = [], set(groups) >= set(GROUPS)
    for check in CHECKS:
        if check.group not in groups or not (REPO / check.needs).exists():
            continue
        if check.again and everything:
            continue
        say(f"== {check.name}")
        began = time.monotonic()
        code = _python(*check.arguments, *(more if "pytest" in check.arguments else ()))
        unsteady = False
        if code == _TESTS_FAILED and "pytest" in check.arguments and (everything or not check.once):
            say(f"== {check.name}: what failed, once more and alone")
            code = _python(*check.arguments, *more, "-n", "0", "--last-failed", "--last-failed-no-failures", "none")
            unsteady = code == 0
        results.append(Result(check.name, code == 0, time.monotonic() - began, unsteady))
    return results


def _python(*arguments: str) -> int:
    environment = {"TBI_CHAIN_ENV": str(chain_env()), **os.environ, "PYTHONPATH": str(REPO)}
    return subprocess.run([sys.executable, *arguments], cwd=REPO, env=environment, check=False).returncode


def summary(results: Sequence[Result]) -> str:
    """A line for each check, and how many passed."""
    lines = [f"{_word(r)}  {r.seconds:6.1f} s  {r.name}" for r in results]
    failed = sum(not r.passed for r in results)
    return "\n".join([*lines, "", f"checks: {len(results) - failed} passed, {failed} failed"])


def _word(result: Result) -> str:
    if result.unsteady:
        return "passed when run again"
    return "passed" if result.passed else "FAILED"
