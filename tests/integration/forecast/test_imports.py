"""Workbooks into the database: once, whole, replaced by newer ones, set aside when broken."""

from __future__ import annotations

import signal
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.shared.wait import wait_until
from simulators.forecasts.faults import FAULTS
from simulators.forecasts.files import BOMBS, FILES
from simulators.forecasts.workbooks import STYLES
from tests.integration.forecast.system import PLANT, SECOND, System, day_of

DAY = date(2026, 11, 20)
NOTHING: dict[str, Any] = {"imported": [], "rejected": [], "withdrawn": [], "growing": []}
TYPES = 5
"""Series in a day's workbook: two plants, H0, WP, E0."""


def test_a_workbook_is_imported_once_whatever_its_name(system: System) -> None:
    made = day_of(DAY)
    system.put("prognose.xlsx", made)
    first = system.update()
    assert [(one["file"], one["series"], one["values"]) for one in first["imported"]] == [("prognose.xlsx", TYPES, 480)]
    assert first["rejected"] == []
    system.put("copy.xlsx", (system.folder / "prognose.xlsx").read_bytes())
    assert system.update() == {**NOTHING, "unchanged": 2}
    assert len(system.all("/forecasts", limit=1000)) == 480


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_days_of_the_change_of_time_have_92_and_100_slots(system: System, day: date, slots: int) -> None:
    made = day_of(day)
    system.put("prognose.xlsx", made, STYLES["clock"])
    system.update()
    query = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}
    found = system.all("/timeslots", limit=30, **query)
    starts = [int(datetime.fromisoformat(slot["start"]).timestamp()) for slot in found]
    assert starts == list(made.quarters)
    assert len(found) == slots
    assert {len(slot["forecasts"]) for slot in found} == {TYPES}
    assert {slot["duration_s"] for slot in found} == {900}


def test_a_newer_issue_replaces_and_the_older_stays_for_as_of(system: System) -> None:
    old = day_of(DAY, seed=1, issued_at=datetime(2025, 1, 2, 6, tzinfo=UTC))
    new = day_of(DAY, seed=2, issued_at=datetime(2025, 1, 2, 12, tzinfo=UTC))
    system.put("prognose.xlsx", new)
    system.update()
    system.put("prognose.xlsx", old)
    assert len(system.update()["imported"]) == 1
    query = {"mastr_nr": PLANT.mastr_nr, "from": "2026-11-20T12:00", "to": "2026-11-20T12:15"}
    (now,) = system.all("/forecasts", **query)
    (then,) = system.all("/forecasts", as_of="2025-01-02T10:00:00Z", **query)
    assert (now["issued_at"], then["issued_at"]) == ("2025-01-02T12:00:00Z", "2025-01-02T06:00:00Z")
    at_noon = new.quarters.index(int(datetime(2026, 11, 20, 11, tzinfo=UTC).timestamp()))
    values = [made.columns[0].values[at_noon] for made in (new, old)]
    assert [now["energy_wh"], then["energy_wh"]] == [round((value or 0) * 1000) for value in values]
    assert system.all("/forecasts", as_of="2025-01-02T05:59:59Z", **query) == []


def test_a_broken_workbook_is_set_aside_with_a_report_and_the_others_are_read(system: System) -> None:
    system.put("garbage.xlsx", FAULTS["garbage"][0]())
    system.put("good.xlsx", day_of(DAY))
    system.put("truncated.xlsx", FAULTS["truncated"][0]())
    result = system.update()
    assert [one["file"] for one in result["imported"]] == ["good.xlsx"]
    refused = {one["file"]: one for one in result["rejected"]}
    assert set(refused) == {"garbage.xlsx", "truncated.xlsx"}
    assert refused["garbage.xlsx"]["findings"] == ["sheet 'Prognose', B13: 'viel' is no number"]
    report = system.folder / "rejected" / refused["garbage.xlsx"]["report"]
    assert "B13: 'viel' is no number" in report.read_text()
    assert sorted(file.name for file in system.folder.glob("*.xlsx")) == ["good.xlsx"]
    assert system.update() == {**NOTHING, "unchanged": 1}
    (noon,) = system.all(
        "/forecasts", mastr_nr=PLANT.mastr_nr, **{"from": "2026-11-20T12:00", "to": "2026-11-20T12:15"}
    )
    assert noon["source"] == "good.xlsx"


def test_what_is_no_plain_workbook_is_set_aside_for_what_it_is_and_the_worker_goes_on(system: System) -> None:
    named = {"macros": "m.xlsm", "password": "p.xlsx", "old_xls": "o.xls", "csv": "c.csv", "formula": "f.xlsx"}
    for fault, name in named.items():
        system.put(name, FILES[fault][0]())
    system.put("b.xlsx", BOMBS["long_cell"][0]())
    system.put("good.xlsx", day_of(DAY))
    result = system.update()
    assert [one["file"] for one in result["imported"]] == ["good.xlsx"]
    findings = {one["file"]: one["findings"][0] for one in result["rejected"]}
    expected = {name: FILES[fault][1] for fault, name in named.items()} | {"b.xlsx": BOMBS["long_cell"][1]}
    assert {name for name, text in expected.items() if text in findings[name]} == set(findings) == set(expected)
    assert [file.name for file in system.folder.iterdir() if file.is_file()] == ["good.xlsx"]
    assert len(list((system.folder / "rejected").glob("*.report.txt"))) == len(expected)


def test_a_corrected_workbook_of_the_same_name_is_read(system: System) -> None:
    system.put("prognose.xlsx", FAULTS["no_norm"][0]())
    assert len(system.update()["rejected"]) == 1
    system.put("prognose.xlsx", day_of(DAY))
    assert len(system.update()["imported"]) == 1


def test_a_workbook_that_is_still_being_written_is_waited_for(system: System) -> None:
    system.put("draft.xlsx", day_of(DAY))
    whole = (system.folder / "draft.xlsx").read_bytes()
    (system.folder / "draft.xlsx").unlink()
    system.update()  # from here on the worker is ready
    growing = system.folder / "prognose.xlsx"
    growing.write_bytes(whole[:5000])
    job = system.begin_update()
    wait_until(lambda: system.get(f"/job/{job}").json()["status"] == "started", 10, what="the job")
    growing.write_bytes(whole)
    assert [one["file"] for one in system.wait(job)["result"]["imported"]] == ["prognose.xlsx"]


def test_the_same_key_is_the_same_job(system: System) -> None:
    first, again, other = system.begin_update("k1"), system.begin_update("k1"), system.begin_update("k2")
    assert first == again != other
    assert {system.wait(job)["status"] for job in (first, other)} == {"finished"}


def test_an_import_that_was_killed_is_completed_by_the_next(system: System) -> None:
    for number in range(6):
        system.put(f"prognose{number}.xlsx", day_of(DAY + timedelta(days=number)))
    job = system.begin_update("k")
    wait_until(lambda: system.get(f"/job/{job}").json()["progress"]["done"] >= 1, 20, what="a first workbook")
    system.worker.kill()
    system.worker.start()
    result = system.update()
    assert result["rejected"] == []
    assert len(result["imported"]) + result["unchanged"] == 6
    assert len(system.all("/forecasts", mastr_nr=SECOND.mastr_nr, limit=1000)) == 6 * 96


def test_a_folder_that_is_not_there_is_the_jobs_error(system: System) -> None:
    system.folder.rmdir()
    job = system.wait(system.begin_update())
    assert job["status"] == "failed"
    assert "TBI_FORECAST_FOLDER" in job["error"]


def test_worker_and_service_end_in_order(system: System) -> None:
    system.update()
    assert system.worker.end(signal.SIGTERM) == 0
    assert system.service.end(signal.SIGTERM) == 0
