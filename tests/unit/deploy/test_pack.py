"""The functions' package has all that they import: what is ours, and of others what its lock names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from deploy.aws.pack import lay_out
from deploy.local.settings import REPO
from tests.unit.deploy.cloudformation import read, within

_OPTIONAL = {"jsonpointer", "setuptools"}
"""Taken when they happen to be there."""

_TELLS = """
from importlib.metadata import packages_distributions
named = packages_distributions()
for one in {module.partition(".")[0] for module in sys.modules} & set(named):
    print(*(name.lower().replace("_", "-") for name in named[one][:1]))
"""


def test_every_handler_is_found_with_nothing_else_of_ours_beside(tmp_path: Path) -> None:
    lay_out(tmp_path)
    handlers = [one for name in ("sign-in.yaml", "trigger-service.yaml") for one in within(read(name), "Handler")]
    assert len(handlers) == 7
    modules = sorted({handler.rpartition(".")[0] for handler in handlers})
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {', '.join(modules)}\n{_TELLS}"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    lock = (REPO / "locks/lambdas.txt").read_text(encoding="utf-8")
    locked = {one.lower().replace("_", "-") for one in re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE)}
    assert set(done.stdout.split()) - locked - _OPTIONAL == set()
