"""What is installed here, in words."""

from __future__ import annotations

import platform
import subprocess
import tomllib
from pathlib import Path

from deploy.chain.nodeos import chain_env, node_version

REPO = Path(__file__).resolve().parents[2]


def describe() -> dict[str, str]:
    """Version of ours, the commit, the chain node's package and the Python that runs this."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - git as the user has it
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "tbienergy": project["version"],
        "commit": asked.stdout.strip() or "not a git checkout",
        "chain node": node_version(chain_env()),
        "python": platform.python_version(),
    }
