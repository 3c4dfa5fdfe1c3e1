"""What a dispatcher does with workbooks: hands in, looks what became of them, takes back; and the folder watched."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from services.shared.wait import wait_until
from simulators.forecasts.faults import FAULTS
from simulators.forecasts.region import DayForecast
from simulators.forecasts.workbooks import workbook
from tests.integration.forecast.pool import Pool
from tests.integration.forecast.records import Records
from tests.integration.forecast.system import PLANT, System, day_of
from tests.integration.mongo import Mongo

DAY = date(2026, 11, 20)
NOON = {"mastr_nr": PLANT.mastr_nr, "from": "2026-11-20T12:00", "to": "2026-11-20T12:15"}


def issue(hour: int, seed: int) -> DayForecast:
    return day_of(DAY, seed=seed, issued_at=datetime(2025, 1, 2, hour, tzinfo=UTC))


def upload(system: System, name: str, content: bytes, **headers: str) -> requests.Response:
    shown = system.pool.header("EVU", sub="dispatcher") | headers
    return system.http.post(f"{system.url}/workbooks", files={"file": (name, content)}, headers=shown, timeout=20)


def withdraw(system: System, identity: str, body: dict[str, Any], **headers: str) -> requests.Response:
    shown = system.pool.header("EVU", sub="dispatcher") | headers
    return system.http.post(f"{system.url}/workbooks/{identity}/withdraw", json=body, headers=shown, timeout=20)


def test_a_workbook_is_handed_in_listed_replaced_and_withdrawn_and_its_history_is_kept(system: System) -> None:
    old, new = workbook(issue(6, 1)), workbook(issue(12, 2))
    sources = []
    for content in (old, new):
        answer = upload(system, "prognose.xlsx", content)
        assert answer.status_code == 202, answer.text
        assert answer.json()["id"] == hashlib.sha256(content).hexdigest()
        assert system.wait(answer.json()["job_id"])["status"] == "finished"
        (noon,) = system.all("/forecasts", **NOON)
        sources.append(noon["issued_at"])
    assert sources == ["2025-01-02T06:00:00Z", "2025-01-02T12:00:00Z"]
    ids = [hashlib.sha256(content).hexdigest() for content in (old, new)]
    listed = {one["id"]: one for one in system.all("/workbooks", limit=1)}
    assert list(listed) == [one["id"] for one in system.all("/workbooks", name="prognose.xlsx", status="imported")]
    assert set(listed) == set(ids)
    assert listed[ids[0]]["replaced_by"] == ids[1]
    assert "replaced_by" not in listed[ids[1]]
    assert {name: listed[ids[0]][name] for name in ("series", "values", "from", "to", "issued_at")} == {
        "series": 5,
        "values": 480,
        "from": "2026-11-19T23:00:00Z",
        "to": "2026-11-20T23:00:00Z",
        "issued_at": "2025-01-02T06:00:00Z",
    }
    before = datetime.now(UTC)
    answers = [withdraw(system, ids[1], {"reason": "wrong wind"}, **{"Idempotency-Key": "w1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == system.get(f"/workbooks/{ids[1]}").json()
    assert (answers[0].json()["status"], answers[0].json()["withdrawal_reason"]) == ("withdrawn", "wrong wind")
    assert withdraw(system, ids[1], {}).status_code == 409
    (noon,) = system.all("/forecasts", **NOON)
    assert noon["issued_at"] == "2025-01-02T06:00:00Z"
    told = before.replace(microsecond=0).timestamp() - 1
    (then,) = system.all("/forecasts", as_of=datetime.fromtimestamp(told, UTC).isoformat(), **NOON)
    assert then["issued_at"] == "2025-01-02T12:00:00Z"
    assert system.update()["unchanged"] == 1  # it lies there still, and counts for nothing


def test_a_refused_workbook_is_listed_with_a_report_to_download(system: System) -> None:
    content = FAULTS["garbage"][0]()
    answer = upload(system, "garbage.xlsx", content)
    system.wait(answer.json()["job_id"])
    found = system.get(f"/workbooks/{answer.json()['id']}").json()
    assert (found["status"], found["findings"]) == ("rejected", ["sheet 'Prognose', B13: 'viel' is no number"])
    report = system.get(f"/workbooks/{found['id']}/report", system.pool.header("EVU"))
    assert report.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "attachment" in report.headers["Content-Disposition"]
    assert "garbage.xlsx was not imported" in report.text
    assert "B13: 'viel' is no number" in report.text
    assert withdraw(system, found["id"], {}).status_code == 409
    system.put("good.xlsx", issue(6, 1))
    (imported,) = system.update()["imported"]
    assert system.get(f"/workbooks/{imported['workbook']}/report").status_code == 404
    assert system.get(f"/workbooks/{'0' * 64}").status_code == 404


def test_a_file_beside_the_workbook_withdraws_it(system: System) -> None:
    system.put("morning.xlsx", issue(6, 1))
    system.put("noon.xlsx", issue(12, 2))
    system.update()
    (system.folder / "noon.xlsx.withdrawn").touch()
    (system.folder / "never.xlsx.withdrawn").touch()
    assert [one["file"] for one in system.update()["withdrawn"]] == ["noon.xlsx"]
    (noon,) = system.all("/forecasts", **NOON)
    assert noon["source"] == "morning.xlsx"
    assert sorted(file.name for file in system.folder.iterdir() if file.is_file()) == [
        "morning.xlsx",
        "never.xlsx.withdrawn",
    ]
    assert len(list((system.folder / "withdrawn").iterdir())) == 2
    (morning,) = (one for one in system.all("/workbooks") if one["name"] == "morning.xlsx")
    assert withdraw(system, morning["id"], {}).status_code == 200
    assert system.all("/forecasts") == []


@pytest.fixture
def watched(
    mongo: Mongo, redis_url: str, pool: Pool, records: Records, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    made = System(tmp_path_factory.mktemp("watched"), mongo, redis_url, pool, records, watch_s="0.3")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_the_folder_is_watched_across_a_restart_and_a_file_that_comes_slowly_is_waited_for(watched: System) -> None:
    watched.put("first.xlsx", issue(6, 1))
    wait_until(lambda: watched.all("/workbooks"), 30, what="the first workbook")
    watched.worker.kill()
    whole = workbook(issue(12, 2))
    with (watched.folder / "second.xlsx").open("wb") as slow:
        slow.write(whole[:4000])
        slow.flush()
        watched.worker.start()
        begun = time.monotonic()

        def later() -> bool:
            os.utime(watched.folder / "second.xlsx")
            return time.monotonic() - begun > 3

        wait_until(later, 10, what="some seconds of writing")
        assert len(watched.all("/workbooks")) == 1
        slow.write(whole[4000:])
    wait_until(lambda: len(watched.all("/workbooks", status="imported")) == 2, 30, what="the second workbook")
    assert watched.all("/workbooks", status="rejected") == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("prognose.xlsm", b"PK"),
        ("../x.xlsx", b"PK"),
        ("..\\x.xlsx", b"PK"),
        (".xlsx", b"PK"),
        ("a\x01.xlsx", b"PK"),
        ("prognose.xlsx", bytes(16 * 2**20 + 1)),
        ("prognose.xlsx", bytes(20 * 2**20)),
    ],
    ids=["macros", "path", "backslash", "no name", "control", "large", "very large"],
)
def test_what_is_no_upload_is_refused_and_leaves_nothing(shared: System, name: str, content: bytes) -> None:
    answer = upload(shared, name, content)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not any(file.is_file() for file in shared.folder.iterdir())


def test_an_upload_is_one_file_in_a_form(shared: System) -> None:
    header = shared.pool.header("EVU")

    def status(**more: Any) -> int:
        return shared.http.post(f"{shared.url}/workbooks", headers=header, timeout=10, **more).status_code

    assert status(json={"file": "x"}) == 400
    assert status(files={"other": ("a.xlsx", b"PK")}) == 400
    assert status(files=[("file", ("a.xlsx", b"PK")), ("file", ("b.xlsx", b"PK"))]) == 400
    assert status(data=b"--x\r\n", **{}) == 400
    broken = shared.http.post(
        f"{shared.url}/workbooks",
        headers=header | {"Content-Type": "multipart/form-data; boundary=x"},
        data=io.BytesIO(b"--x\r\nContent-Dis"),
        timeout=10,
    )
    assert broken.status_code == 400
    assert (
        shared.http.post(
            f"{shared.url}/workbooks",
            headers=shared.pool.service(),
            files={"file": ("a.xlsx", b"PK")},
            timeout=10,
        ).status_code
        == 403
    )


@pytest.fixture(scope="module")
def shared(
    mongo: Mongo, redis_url: str, pool: Pool, records: Records, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system in which no test here leaves anything; without its worker."""
    made = System(tmp_path_factory.mktemp("shared"), mongo, redis_url, pool, records)
    try:
        made.service.start()
        yield made
    finally:
        made.stop()


def test_a_folder_that_cannot_be_written_to_is_a_503(
    mongo: Mongo, redis_url: str, pool: Pool, records: Records, tmp_path: Path
) -> None:
    alone = System(tmp_path, mongo, redis_url, pool, records)
    try:
        alone.service.start()
        alone.folder.rmdir()
        answer = upload(alone, "prognose.xlsx", b"PK")
        assert answer.status_code == 503
        assert "TBI_FORECAST_FOLDER" in answer.json()["detail"]
    finally:
        alone.stop()
