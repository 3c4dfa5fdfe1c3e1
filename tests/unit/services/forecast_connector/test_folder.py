"""The forecast folder: what is taken for a workbook, and where refused ones go."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from services.forecast_connector.folder import ForecastFolder
from services.forecast_connector.workbook.container import MAX_BYTES
from services.forecast_connector.workbook.findings import Finding

FINDINGS = [Finding("no number", "Prognose", "B7"), Finding("not a single value")]


def test_workbooks_are_taken_oldest_first_and_nothing_else(tmp_path: Path) -> None:
    names = ["new.xlsx", "macros.xlsm", "old.XLSX", "~$old.xlsx", ".hidden.xlsx", "a.part", "b.txt", "a.xlsx.withdrawn"]
    for age, name in enumerate(names):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / "folder.xlsx").mkdir()
    assert [file.name for file in ForecastFolder(tmp_path).workbooks()] == ["old.XLSX", "macros.xlsm", "new.xlsx"]
    assert ForecastFolder(tmp_path).withdrawals() == ["a.xlsx"]


def test_a_refused_workbook_is_set_aside_with_a_report_beside_it(tmp_path: Path) -> None:
    folder = ForecastFolder(tmp_path)
    (tmp_path / "a.xlsx").write_bytes(b"broken")
    content = folder.read(tmp_path / "a.xlsx")
    assert content is not None
    report = folder.set_aside(content, FINDINGS)
    assert not (tmp_path / "a.xlsx").exists()
    kept = tmp_path / "rejected"
    assert sorted(file.name for file in kept.iterdir()) == sorted(
        [f"a.{content.digest[:8]}.xlsx", f"a.{content.digest[:8]}.report.txt"]
    )
    assert report == f"a.{content.digest[:8]}.report.txt"
    text = (kept / report).read_text()
    assert "sheet 'Prognose', B7: no number" in text
    assert content.digest in text
    assert folder.workbooks() == []


def test_a_file_that_has_gone_is_no_fault(tmp_path: Path) -> None:
    folder = ForecastFolder(tmp_path, tmp_path / "elsewhere")
    (tmp_path / "a.xlsx").write_bytes(b"broken")
    content = folder.read(tmp_path / "a.xlsx")
    assert content is not None
    (tmp_path / "a.xlsx").unlink()
    assert folder.read(tmp_path / "a.xlsx") is None
    assert folder.set_aside(content, FINDINGS) is not None


def test_a_volume_that_cannot_be_written_to_keeps_its_workbook(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")
    folder = ForecastFolder(tmp_path, tmp_path / "blocked")
    (tmp_path / "a.xlsx").write_bytes(b"broken")
    content = folder.read(tmp_path / "a.xlsx")
    assert content is not None
    assert folder.set_aside(content, FINDINGS) is None
    assert (tmp_path / "a.xlsx").exists()


def test_a_file_at_rest_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"x")
    os.utime(file, (1000, 1000))
    assert ForecastFolder(tmp_path).await_quiet(file)


def test_a_file_that_goes_on_growing_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"x")
    assert not ForecastFolder(tmp_path, patience_s=0.2).await_quiet(file)


def test_a_file_larger_than_any_workbook_is_not_held_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    with file.open("wb") as sparse:
        sparse.truncate(2 * MAX_BYTES)
    content = ForecastFolder(tmp_path).read(file)
    assert content is not None
    assert MAX_BYTES < len(content.data) <= MAX_BYTES + 2**20
    digest = hashlib.sha256(bytes(MAX_BYTES))
    digest.update(bytes(MAX_BYTES))
    assert content.digest == digest.hexdigest()


def test_a_withdrawn_workbook_and_its_marker_are_put_away(tmp_path: Path) -> None:
    folder = ForecastFolder(tmp_path)
    folder.put("a.xlsx", b"x")
    (tmp_path / "a.xlsx.withdrawn").touch()
    before = folder.signature()
    folder.put_away("a.xlsx")
    assert (folder.workbooks(), folder.withdrawals()) == ([], [])
    assert folder.signature() != before
    assert sorted(file.name[8:] for file in (tmp_path / "withdrawn").iterdir()) == [".a.xlsx", ".a.xlsx.withdrawn"]
