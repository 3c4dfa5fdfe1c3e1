"""The operators' pipeline: what it calls is there, and what is pushed is all that the compose files name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REPO = Path(__file__).parents[3]
PIPELINE: dict[str, Any] = yaml.safe_load((REPO / ".gitlab-ci.yml").read_text(encoding="utf-8"))
NO_JOBS = {"stages", "workflow", "default", "variables", "include"}
JOBS = {name: job for name, job in PIPELINE.items() if name not in NO_JOBS}
SCRIPTS = [line for job in JOBS.values() for line in (*job.get("before_script", []), *job.get("script", []))]


def test_it_is_what_gitlabs_schema_takes(tmp_path: Path) -> None:
    """GitLab's own schema, as it publishes it with its editor."""
    assert _against_schema(PIPELINE, tmp_path) == (0, "ok -- validation done")
    wrong = {**PIPELINE, "all": {**JOBS["all"], "timeout": 90}}
    assert _against_schema(wrong, tmp_path)[0] == 1


def _against_schema(pipeline: dict[str, Any], folder: Path) -> tuple[int, str]:
    file = folder / "pipeline.yml"
    file.write_text(yaml.safe_dump(pipeline), encoding="utf-8")
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def test_a_builder_has_a_context_and_passwords_stay_off_command_lines() -> None:
    """buildx refuses TLS from the environment, where Docker in Docker puts it (docker/buildx#413)."""
    (made,) = (line.split()[-1] for line in SCRIPTS if line.startswith("docker context create "))
    assert f"docker buildx create --use {made}" in SCRIPTS
    assert not any(re.search(r"docker login .*(-p|--password) ", line) for line in SCRIPTS)


@pytest.mark.parametrize("name", ["cloud-side", "box"])
def test_digests_of_what_was_pushed_are_kept(name: str) -> None:
    (line,) = JOBS[name]["script"]
    assert f"--metadata-file images-{name}.json --push" in line
    assert PIPELINE[".images"]["artifacts"]["paths"] == ["images-*.json"]


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
