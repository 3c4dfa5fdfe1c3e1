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
GROUPS: Final = ("unit", "portal", "contracts", "integration", "apis", "system", "catalogue")


@dataclass(frozen=True)
class Check:
    """A command, as arguments of this Python. `needs`: a path without which the check has no object."""

    name: str
    group: str
    arguments: tuple[str, ...]
    needs: str = "."


@dataclass(frozen=True)
class Result:
    name: str
    passed: bool
    seconds: float


def _pytest(group: str, path: str, *more: str) -> Check:
    return Check(f"tests: {group}", group, ("-m", "pytest", "-q", path, *more), needs=path)


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
    _pytest("unit", "tests/unit", "-n", "2"),
    Check("portal: build", "portal", ("-m", "deploy.local.portal", "build"), needs="webportal"),
    Check("portal: tests", "portal", ("-m", "deploy.local.portal", "test"), needs="webportal"),
    Check("contracts from their sources", "contracts", ("-m", "contracts.build", "check")),
    _pytest("contracts", "tests/contracts"),
    _pytest("integration", "tests/integration"),
    _pytest("apis", "tests/apis"),
    _pytest("system", "tests/system"),
    Check("tests: in a browser", "system", ("-m", "pytest", "-q", "tests/e2e"), needs="tests/e2e"),
    _pytest("catalogue", "tests/catalogue"),
)


def run(groups: Sequence[str], say: Callable[[str], None], more: Sequence[str] = ()) -> list[Result]:
    """Run the groups' checks, all of them even when one fails. `more` goes to pytest."""
    environment = {"TBI_CHAIN_ENV": str(chain_env()), **os.environ, "PYTHONPATH": str(REPO)}
    results = []
    for check in CHECKS:
        if check.group not in groups or not (REPO / check.needs).exists():
            continue
        say(f"== {check.name}")
        extra = list(more) if "pytest" in check.arguments else []
        began = time.monotonic()
        code = subprocess.run(
            [sys.executable, *check.arguments, *extra], cwd=REPO, env=environment, check=False
        ).returncode
        results.append(Result(check.name, code == 0, time.monotonic() - began))
    return results


def summary(results: Sequence[Result]) -> str:
    """A line for each check, and how many passed."""
    lines = [f"{'passed' if r.passed else 'FAILED'}  {r.seconds:6.1f} s  {r.name}" for r in results]
    failed = sum(not r.passed for r in results)
    return "\n".join([*lines, "", f"checks: {len(results) - failed} passed, {failed} failed"])
