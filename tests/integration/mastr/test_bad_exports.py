"""Exports that are not as they should be: a clear sentence, and the live copy as it was."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.mastr_connector.domain import Region
from services.mastr_connector.errors import BadExport
from services.mastr_connector.source import Sources
from simulators.mastr.register import Register
from tests.integration.mastr.stage import Stage

OTHER = Register(seed=21, size=250)


@pytest.fixture(scope="module", autouse=True)
def imported(stage: Stage) -> None:
    stage.done("/init", {"source": stage.export()})


def refused(stage: Stage, source: str, body: dict[str, Any] | None = None) -> str:
    """The error of an import that must fail and must change nothing."""
    before, live = stage.documents(), stage.live()
    job = stage.ended(stage.start_job("/init", {"source": source, **(body or {})}))
    assert job["status"] == "failed", job
    assert stage.documents() == before
    assert stage.live() == live
    return str(job["error"])


@pytest.mark.parametrize(
    ("defect", "cause"),
    [
        ("truncated", "EinheitenStromVerbraucher.xml is broken after its record"),
        ("missing_part", "lacks the parts [1] of EinheitenSolar"),
        ("wrong_root", "EinheitenWind.xml holds Fehlerseite in place of EinheitenWind"),
        ("entities", "EinheitenWind.xml carries a document type"),
    ],
)
def test_a_broken_file_is_named(stage: Stage, defect: str, cause: str) -> None:
    assert cause in refused(stage, stage.export(OTHER, defects=[defect], name=f"{defect}.zip"))


def test_a_character_that_xml_forbids_is_taken_out(stage: Stage) -> None:
    repaired = stage.done("/init", {"source": stage.export(OTHER, defects=["illegal_character"], name="illegal.zip")})
    assert "EinheitenSolar_1.xml" in repaired["repaired"]
    whole = stage.done("/init", {"source": stage.export(OTHER, defects=[], name="whole.zip")})
    assert whole["counts"] == repaired["counts"]
    assert stage.done("/init", {"source": stage.export()})["unchanged"] is False


def test_a_zip_that_was_cut_off_is_refused(stage: Stage) -> None:
    whole = (stage.exports / stage.export(OTHER, name="whole.zip")).read_bytes()
    (stage.exports / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert "cut.zip is no whole zip" in refused(stage, "cut.zip")


def test_a_zip_with_a_flipped_byte_is_refused(stage: Stage) -> None:
    whole = bytearray((stage.exports / stage.export(OTHER, name="whole.zip")).read_bytes())
    whole[2000] ^= 0xFF
    (stage.exports / "flipped.zip").write_bytes(whole)
    assert "EinheitenSolar_1.xml is broken after its record" in refused(stage, "flipped.zip")


def test_a_zip_of_something_else_is_refused(stage: Stage) -> None:
    with zipfile.ZipFile(stage.exports / "letters.zip", "w") as archive:
        archive.writestr("letter.txt", "Dear register")
    assert "holds no file of units" in refused(stage, "letters.zip")


def test_an_export_that_lacks_a_kind_of_the_live_copy_is_refused(stage: Stage) -> None:
    folder = stage.exports / stage.export(OTHER, name="lacking")
    (folder / "EinheitenWind.xml").unlink()
    assert "lacks EinheitenWind, of which the live copy has units" in refused(stage, "lacking")


def test_a_filter_that_nothing_fits_is_refused(stage: Stage) -> None:
    error = refused(stage, stage.export(OTHER, name="whole.zip"), {"filter": {"postcodes": ["99999"]}})
    assert "not one unit of the export lies in the region" in error


def test_an_export_that_is_not_there_is_refused(stage: Stage) -> None:
    assert "there is no export missing.zip" in refused(stage, "missing.zip")


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd",
        "../exports.zip",
        "..",
        ".",
        "http://127.0.0.1/x.zip",
        "https://download.marktstammdatenregister.de.example/x.zip",
        "https://x@download.marktstammdatenregister.de/x.zip",
        "file:///x",
    ],
)
def test_a_source_outside_of_what_is_allowed_is_a_400(stage: Stage, source: str) -> None:
    answer = stage.call("POST", "/init", {"source": source})
    assert answer.status_code == 400
    assert "source" in answer.get_json()["errors"]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[str]:
    """A folder over HTTP."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - the base class names them
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_an_export_is_downloaded_imported_and_removed_again(stage: Stage, shelf: str, tmp_path: Path) -> None:
    (stage.exports / stage.export(OTHER, name="shelf.zip")).rename(tmp_path / "shelf.zip")
    sources = Sources(stage.exports, (shelf,))
    told: list[str] = []
    with sources.opened(f"{shelf}/shelf.zip", lambda _done, _total, unit, _more=None: told.append(unit)) as path:
        assert zipfile.ZipFile(path).testzip() is None
    assert not path.exists()
    assert "bytes downloaded" in told


def test_what_is_downloaded_and_no_zip_is_refused(stage: Stage, shelf: str, tmp_path: Path) -> None:
    (tmp_path / "page.zip").write_text("<h1>Sorry</h1>")
    sources = Sources(stage.exports, (shelf,))
    with pytest.raises(BadExport, match="is no zip"), sources.opened(f"{shelf}/page.zip", lambda *_: None):
        pass
    with pytest.raises(BadExport, match="404"), sources.opened(f"{shelf}/nothing.zip", lambda *_: None):
        pass
    assert not list(stage.exports.glob(".download*"))


def test_a_region_without_anything_is_everywhere() -> None:
    assert Region().is_everywhere
    assert not replace(Region(), postcodes=frozenset({"54290"})).is_everywhere
