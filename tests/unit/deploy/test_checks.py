"""The checks' runner: what fails once is run again alone, and what is broken stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import checks
from deploy.local.checks import Check, run, summary

UNSTEADY = """
from pathlib import Path
def test_fails_once():
    seen = Path(__file__).with_suffix(".seen")
    before = seen.exists()
    seen.touch()
    assert before
def test_holds(): pass
"""
BROKEN = "def test_never_holds(): assert False"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checks, "REPO", tmp_path)
    monkeypatch.setattr(
        checks,
        "CHECKS",
        (
            checks._pytest("unit", "unsteady", workers=2),
            checks._pytest("unit", "broken"),
            Check("no test", "unit", ("-c", "raise SystemExit(1)")),
            Check("of another group", "system", ("-c", "raise SystemExit(1)")),
            checks._pytest("unit", "not/there"),
        ),
    )
    for name, text in (("unsteady", UNSTEADY), ("broken", BROKEN)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_it.py").write_text(text)
    return tmp_path


def test_what_failed_is_run_once_more_alone_and_said_so(project: Path) -> None:
    said: list[str] = []
    results = run(["unit"], said.append)
    assert [(r.passed, r.unsteady) for r in results] == [(True, True), (False, False), (False, False)]
    assert sum("once more and alone" in line for line in said) == 2
    assert (project / "unsteady/test_it.seen").exists()
    lines = summary(results).splitlines()
    assert lines[0].startswith("passed when run again")
    assert [line.startswith("FAILED") for line in lines[1:3]] == [True, True]
    assert lines[-1] == "checks: 1 passed, 2 failed"


def test_what_must_hold_each_time_is_not_run_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = Check("faults", "unit", ("-m", "pytest", "-q", "unsteady"), once=True)
    monkeypatch.setattr(checks, "CHECKS", (once,))
    assert [(r.passed, r.unsteady) for r in run(["unit"], lambda _: None)] == [(False, False)]


def test_what_another_group_runs_too_runs_once_when_all_are_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = (Check("one", "unit", ("-c", "")), Check("the same", "faults", ("-c", ""), again=True))
    monkeypatch.setattr(checks, "CHECKS", same)
    assert [r.name for r in run(checks.GROUPS, lambda _: None)] == ["one"]
    assert [r.name for r in run(["faults"], lambda _: None)] == ["the same"]
