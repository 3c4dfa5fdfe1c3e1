"""Heartbeats and files that say a part is ready; what answers over a network is asked in tests of whole systems."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.health import OK, health
from deploy.local.plan import Plan


@pytest.fixture
def beat(plan: Plan) -> Path:
    file = plan.program("keeper").ready_file
    assert file is not None
    file.parent.mkdir(parents=True)
    return file


def test_a_fresh_heartbeat_without_an_error_is_well(plan: Plan, beat: Path) -> None:
    beat.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "error": None}))
    assert health(plan.program("keeper")) == OK


def test_an_old_heartbeat_and_one_with_an_error_are_not(plan: Plan, beat: Path) -> None:
    beat.write_text(json.dumps({"at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(), "error": None}))
    assert "s old" in health(plan.program("keeper"))
    beat.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "error": "no node answers"}))
    assert health(plan.program("keeper")) == "no node answers"
    beat.write_text("{")
    assert "does not answer well" in health(plan.program("keeper"))


def test_no_heartbeat_yet(plan: Plan) -> None:
    assert health(plan.program("forecast-oracle")) == "no heartbeat"


@pytest.mark.parametrize("name", ["identity", "mongod"])
def test_a_part_is_not_well_before_it_says_that_it_is_set_up(plan: Plan, name: str) -> None:
    assert health(plan.program(name)) == "is not set up yet"


def test_a_program_that_cannot_be_asked_is_as_well_as_its_process(plan: Plan) -> None:
    assert health(plan.program("mastr-connector-worker")) == OK


def test_where_nothing_listens_nothing_answers(plan: Plan) -> None:
    assert health(replace(plan.program("seller.swtpm"), ports=(9,))) == "does not answer"
