"""Exports that are made to exhaust the machine, or to write where they should not."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from services.mastr_connector.bulk import Export

_MIB: Final = 1 << 20
_MOST_MIB: Final = 160
_HEAD: Final = '<?xml version="1.0" encoding="utf-16"?><EinheitenSolar>'
_READ: Final = """
import sys
from pathlib import Path
from services.mastr_connector.bulk import Export
from services.mastr_connector.errors import BadExport
try:
    with Export(Path(sys.argv[1])) as export:
        for member in export.members("EinheitenSolar"):
            for _ in export.records(member, "EinheitSolar", lambda _: None):
                pass
except BadExport as error:
    print(error)
# this program's own peak: getrusage would tell that of who started it, when it was larger
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def inflating(place: Path, begin: str, filler: str, size_mib: int) -> Path:
    """A zip whose one file holds `size_mib` MiB of `filler` after `begin`; made piece by piece."""
    piece = (filler * (_MIB // 2)).encode("utf-16-le")
    with (
        zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("EinheitenSolar.xml", "w", force_zip64=True) as file,
    ):
        file.write(b"\xff\xfe" + f"{_HEAD}{begin}".encode("utf-16-le"))
        for _ in range(size_mib):
            file.write(piece)
    return place


@pytest.mark.parametrize(
    ("begin", "filler", "size_mib"),
    [
        pytest.param("<EinheitSolar><Name>", "x", 1024, id="a cell of 1 GB"),
        pytest.param("", " ", 256, id="space between records"),
        pytest.param("<", "x", 640, id="an element's name"),
    ],
)
def test_what_inflates_is_refused_within_bounded_memory(tmp_path: Path, begin: str, filler: str, size_mib: int) -> None:
    bomb = inflating(tmp_path / "bomb.zip", begin, filler, size_mib)
    read = subprocess.run(
        [sys.executable, "-c", _READ, str(bomb)], capture_output=True, text=True, check=True, timeout=120
    )
    *error, peak_mib = read.stdout.splitlines()
    assert "EinheitenSolar.xml is broken after its record 0" in " ".join(error)
    assert int(peak_mib) < _MOST_MIB


def test_a_name_that_leads_out_of_the_export_writes_nothing_there(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    content = f"{_HEAD}<EinheitSolar><Name>a</Name></EinheitSolar></EinheitenSolar>"
    with zipfile.ZipFile(exports / "x.zip", "w") as archive:
        archive.writestr("../EinheitenSolar.xml", b"\xff\xfe" + content.encode("utf-16-le"))
    with Export(exports / "x.zip") as export:
        (member,) = export.members("EinheitenSolar")
        assert list(export.records(member, "EinheitSolar", lambda _: None)) == [{"Name": "a"}]
    assert [file.name for file in tmp_path.rglob("*")] == ["exports", "x.zip"]
