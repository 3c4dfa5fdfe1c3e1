"""The operators' pipeline: what it calls is there, and what is pushed is all that the compose files name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPO = Path(__file__).parents[3]
PIPELINE: dict[str, Any] = yaml.safe_load((REPO / ".gitlab-ci.yml").read_text(encoding="utf-8"))
NO_JOBS = {"stages", "workflow", "default", "variables", "include"}
JOBS = {name: job for name, job in PIPELINE.items() if name not in NO_JOBS}
SCRIPTS = [line for job in JOBS.values() for line in (*job.get("before_script", []), *job.get("script", []))]


@pytest.mark.parametrize("name", JOBS)
def test_a_jobs_stage_needs_and_template_are_there(name: str) -> None:
    job = JOBS[name]
    template = PIPELINE[job["extends"]] if "extends" in job else {}
    assert {**template, **job}["stage"] in PIPELINE["stages"]
    assert set(job.get("needs", [])) <= set(JOBS)
    assert name.startswith(".") or job["script"]


@pytest.mark.parametrize("line", SCRIPTS)
def test_files_and_commands_that_are_called_are_there(line: str) -> None:
    for file in re.findall(r"-f (\S+)", line):
        assert (REPO / file).is_file()
    if line.startswith("./tbi "):
        command = line.split()[1]
        assert re.search(rf"^  {command} ", (REPO / "cli/help.txt").read_text(), flags=re.MULTILINE)
    for module in re.findall(r"-m (deploy[.\w]*)", line):
        folder = REPO / module.replace(".", "/")
        assert folder.with_suffix(".py").is_file() or (folder / "__main__.py").is_file()


def test_variables_that_the_compose_files_demand_are_given() -> None:
    demanded = {
        name
        for file in ("docker-compose.yml", "deploy/cls_box/docker-compose.yml")
        for name in re.findall(r"\$\{(\w+):\?", (REPO / file).read_text(encoding="utf-8"))
    }
    assert demanded <= set(JOBS[".images"]["variables"])


def test_a_box_is_built_for_its_own_processor_too() -> None:
    (line,) = JOBS["box"]["script"]
    assert "linux/arm/v7" in line
