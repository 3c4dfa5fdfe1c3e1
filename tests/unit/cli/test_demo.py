"""`./tbi demo`: its table and its exit code."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import demo.run
import demo.stage
from cli.demo import demo as command
from demo.verdict import Row

RIGHT, WRONG = Row("offer 1: status", "settled", "settled"), Row("balance 1: sold_wh", "600", "599")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """What the story ends with."""
    rows: list[Row] = []
    monkeypatch.setattr(demo.stage, "build", lambda *_: None)
    monkeypatch.setattr(demo.stage, "away", lambda *_: [])
    monkeypatch.setattr(demo.run.Run, "perform", lambda _: rows)
    return rows


def test_rows_that_all_hold_end_it_with_0(told: list[Row]) -> None:
    told.append(RIGHT)
    done = CliRunner().invoke(command)
    assert done.exit_code == 0, done.output
    assert "all 1 rows are as the model says" in done.output
    assert "! " not in done.output


def test_a_row_that_does_not_hold_is_marked_and_ends_it_with_1(told: list[Row]) -> None:
    told += [RIGHT, WRONG]
    done = CliRunner().invoke(command)
    assert done.exit_code == 1
    assert "! balance 1: sold_wh" in done.output
    assert "1 of 2 rows are not as the model says" in done.output
