"""The functions' package has all of ours that they import. What is not ours: its lock, which pip has to find whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy.aws.pack import lay_out
from tests.unit.deploy.cloudformation import read, within


def test_every_handler_is_found_with_nothing_else_of_ours_beside(tmp_path: Path) -> None:
    lay_out(tmp_path)
    handlers = [one for name in ("sign-in.yaml", "trigger-service.yaml") for one in within(read(name), "Handler")]
    assert len(handlers) == 7
    modules = sorted({handler.rpartition(".")[0] for handler in handlers})
    done = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(modules)}"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
