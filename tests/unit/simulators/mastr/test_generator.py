"""The generated register: its numbers, its shapes, its determinism, and the demonstration's plants."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from math import gcd
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from deploy.local.boxes import BOXES
from market.values import MastrNumber
from simulators.mastr.defects import ALL, HARMLESS
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.export import Export, export_name
from simulators.mastr.generate import main
from simulators.mastr.kinds import KINDS, SOLAR, STORAGE
from simulators.mastr.numbers import _ROOM, _STEP, generated_number
from simulators.mastr.register import Register


def test_the_demonstrations_units_are_in_it() -> None:
    plants = {plant.mastr_nr: plant for plant in PLANTS}
    for box in BOXES:
        for unit in box.units:
            plant = plants[unit.mastr_nr]
            assert float(plant.gross_power_kw) * 1000 == unit.peak_w
            assert MastrNumber(plant.operator_nr)[4:14] == unit.mastr_nr[4:14]


@given(st.integers(0, 10**8), st.integers(0, 100))
def test_generated_numbers_have_a_right_check_digit(index: int, seed: int) -> None:
    assert MastrNumber(generated_number("SEE", index, seed)).startswith("SEE9")


def test_no_number_comes_twice() -> None:
    assert gcd(_ROOM, _STEP) == 1
    register = Register(size=3000)
    numbers = [record["EinheitMastrNummer"] for kind in KINDS for record in register.units(kind)]
    assert len(numbers) == len(set(numbers)) == 3000 + len(PLANTS)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        Export(Register(seed=5, size=200), 50, HARMLESS).write(tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    Export(Register(seed=6, size=200), 50, HARMLESS).write(tmp_path / "c.zip")
    assert (tmp_path / "a.zip").read_bytes() != (tmp_path / "c.zip").read_bytes()


def test_every_unit_has_an_operator_in_the_register() -> None:
    register = Register(size=1000)
    operators = {record["MastrNummer"] for record in register.operators()}
    for kind in KINDS:
        for record in register.units(kind):
            assert record["AnlagenbetreiberMastrNummer"] in operators


def test_households_have_batteries_beside_their_plants() -> None:
    register = Register(size=1000)
    households = {record["AnlagenbetreiberMastrNummer"] for record in register.units(SOLAR)}
    assert all(record["AnlagenbetreiberMastrNummer"] in households for record in register.units(STORAGE))


def test_small_plants_have_no_street_and_large_ones_have() -> None:
    for record in Register(size=500).units(SOLAR):
        assert ("Strasse" in record) == (float(record["Bruttoleistung"]) >= 30)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 9, 11), "20260911_26.1"), (date(2026, 10, 2), "20261002_26.2"),
        (date(2026, 4, 1), "20260401_25.2"), (date(2026, 4, 2), "20260402_26.1"),
    ],
)  # fmt: skip
def test_the_name_of_an_export(day: date, name: str) -> None:
    assert export_name(Register(day=day)) == f"Gesamtdatenexport_{name}.zip"


def test_files_are_utf16_with_a_mark_and_parts_of_the_size_that_is_asked_for(tmp_path: Path) -> None:
    path = Export(Register(size=400), 100).write(tmp_path / "x.zip")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert {f"EinheitenSolar_{part}.xml" for part in range(1, 5)} <= set(names)
        assert "EinheitenWind.xml" in names
        for name in names:
            content = archive.read(name)
            assert content.startswith(b"\xff\xfe<\x00?\x00x\x00")
            root = etree.fromstring(content)
            assert root.tag == re.sub(r"(_\d+)?\.xml$", "", name)
            assert len(root) <= 100
            for text in root.iter():
                assert text.tag != "DatumLetzteAktualisierung" or re.fullmatch(r".*\.\d{7}", text.text or "")


def test_a_part_begins_with_the_last_record_of_the_one_before(tmp_path: Path) -> None:
    path = Export(Register(size=400), 100, ["duplicate_at_border"]).write(tmp_path / "x.zip")
    with zipfile.ZipFile(path) as archive:
        first, second = (etree.fromstring(archive.read(f"EinheitenSolar_{part}.xml")) for part in (1, 2))
    assert first[-1].findtext("EinheitMastrNummer") == second[0].findtext("EinheitMastrNummer")
    assert second[1].findtext("EinheitMastrNummer") != second[0].findtext("EinheitMastrNummer")


def test_the_command_writes_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path), "--units", "60", "--day", "2026-05-01", "--defect", ALL[0]]) == 0
    assert Path(capsys.readouterr().out.strip()).name == "Gesamtdatenexport_20260501_26.1.zip"
