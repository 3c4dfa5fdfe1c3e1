"""Participant records in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from services.forecast_connector.domain.maximum import Load, Point
from services.forecast_connector.participants import (
    FileParticipants,
    MeteringPoint,
    NoParticipants,
    RecordsUnreadable,
    points_of,
)

RECORD: dict[str, Any] = {
    "sub": "user-1",
    "kwh_annum": 3500,
    "salt": "00ff",
    "points": [
        {"serial_number": "1TBI1", "unit_mastr_nrs": ["SEE900000000119"]},
        {"serial_number": "1TBI2", "kwh_annum": 0, "loads": [{"profile": "WP", "kwh_annum": 4000}]},
    ],
}


def records(folder: Path, *told: dict[str, Any]) -> FileParticipants:
    file = folder / "participants.json"
    file.write_text(json.dumps(told))
    return FileParticipants(file, "H0")


def test_each_metering_point_has_its_units_and_its_own_consumption(tmp_path: Path) -> None:
    (participant,) = records(tmp_path, RECORD).all()
    assert participant.sub == "user-1"
    assert participant.points == (
        MeteringPoint("1TBI1", Point(("SEE900000000119",), (Load("H0", 3500),)), "00ff"),
        MeteringPoint("1TBI2", Point((), (Load("H0", 0), Load("WP", 4000))), "00ff"),
    )


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    known = records(tmp_path, RECORD)
    assert len(known.all()) == 1
    file = tmp_path / "participants.json"
    file.write_text(json.dumps([RECORD, {**RECORD, "sub": "user-2"}]))
    os.utime(file, (1, 1))
    assert [participant.sub for participant, _ in points_of(known)] == ["user-1", "user-1", "user-2", "user-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"salt": "xyz"},
        {"kwh_annum": -1},
        {"kwh_annum": "viel"},
        {"kwh_annum": True},
        {"points": [{"unit_mastr_nrs": []}]},
        {"points": [{"serial_number": "1", "unit_mastr_nrs": ["SEE900000000118"]}]},
    ],
)
def test_a_wrong_record_is_named_with_its_variable(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(RecordsUnreadable, match="TBI_PARTICIPANTS_FILE"):
        records(tmp_path, {**RECORD, **wrong}).all()


def test_a_missing_file_is_an_error_and_no_file_nobody(tmp_path: Path) -> None:
    with pytest.raises(RecordsUnreadable):
        FileParticipants(tmp_path / "none.json", "H0").all()
    assert NoParticipants().all() == ()
