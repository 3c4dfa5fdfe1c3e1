"""Reading of exports: shapes, order, encodings, memory, and what is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.mastr_connector.bulk import Export
from services.mastr_connector.errors import BadExport
from services.mastr_connector.service.importing import refuse_incomplete
from simulators.mastr.export import Export as Written
from simulators.mastr.register import Register


def utf16(text: str) -> bytes:
    return b"\xff\xfe" + f'<?xml version="1.0" encoding="utf-16"?>{text}'.encode("utf-16-le")


def solar(*names: str) -> bytes:
    records = "".join(f"<EinheitSolar><Name>{name}</Name><Leer/></EinheitSolar>" for name in names)
    return utf16(f"<EinheitenSolar>{records}</EinheitenSolar>")


def folder(place: Path, **files: bytes) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (place / f"{name}.xml").write_bytes(content)
    return place


def records(
    export: Export, table: str, record: str, read: Callable[[int], None] = lambda _: None
) -> list[dict[str, str]]:
    """All records of a table, which wants all of them."""
    found = [each for member in export.members(table) for each in export.records(member, record, read)]
    return [each for each in found if each is not None]


def names(path: Path) -> list[str]:
    with Export(path) as export:
        return [record["Name"] for record in records(export, "EinheitenSolar", "EinheitSolar")]


@pytest.mark.parametrize(
    "missing", ["Lokationen", "Netzanschlusspunkte", "Netze", "Bilanzierungsgebiete", "Marktakteure"]
)
def test_an_export_without_a_table_that_all_have_is_refused_by_its_name(tmp_path: Path, missing: str) -> None:
    place = Written(Register(seed=3, size=20), defects=()).write(tmp_path / "export")
    with Export(place) as export:
        refuse_incomplete(export)
    (place / f"{missing}.xml").unlink()
    with Export(place) as export, pytest.raises(BadExport, match=f"lacks {missing}, which every export has"):
        refuse_incomplete(export)


def test_parts_are_read_by_their_number_not_by_their_name(tmp_path: Path) -> None:
    files = {f"EinheitenSolar_{part}": solar(str(part)) for part in range(1, 12)}
    assert names(folder(tmp_path / "x", **files)) == [str(part) for part in range(1, 12)]


def test_a_table_whose_name_begins_alike_is_another_table(tmp_path: Path) -> None:
    place = folder(
        tmp_path / "x",
        Marktakteure=utf16("<Marktakteure><Marktakteur><M>1</M></Marktakteur></Marktakteure>"),
        MarktakteureUndRollen=utf16("<MarktakteureUndRollen/>"),
    )
    with Export(place) as export:
        assert records(export, "Marktakteure", "Marktakteur") == [{"M": "1"}]
        assert export.has("MarktakteureUndRollen")
        assert not export.has("MarktakteureUnd")


def test_a_file_is_known_by_its_root_whatever_it_is_called(tmp_path: Path) -> None:
    place = folder(
        tmp_path / "x",
        Photovoltaik_1=solar("a"),
        Photovoltaik_2=solar("b"),
        Marktrollen=utf16("<MarktakteureUndRollen/>"),
        Ladepunkte=utf16("<Ladepunkte/>"),
        leer=b"",
    )
    with Export(place) as export:
        found = records(export, "EinheitenSolar", "EinheitSolar")
        assert export.has("MarktakteureUndRollen")
        assert not export.has("Marktrollen")
        assert export.renamed == ["Marktrollen.xml", "Photovoltaik_1.xml", "Photovoltaik_2.xml"]
        assert export.unknown == ["Ladepunkte.xml", "leer.xml"]
    assert [record["Name"] for record in found if record] == ["a", "b"]


@pytest.mark.parametrize("name", ["Ladepunkte.xml", "readme.txt"])
def test_a_file_of_which_nothing_is_kept_has_its_checksum_looked_at(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, utf16("<Ladepunkte/>"))
        archive.writestr("EinheitenSolar.xml", solar("a"))
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    raw[len(name) + 60] ^= 1
    (tmp_path / "y.zip").write_bytes(raw)
    with Export(tmp_path / "x.zip") as export:
        export.test(name, lambda: None)
    with Export(tmp_path / "y.zip") as export, pytest.raises(BadExport, match=f"{name} is broken .*CRC"):
        export.test(name, lambda: None)


@pytest.mark.parametrize("plain", [True, False], ids=["read as text", "parsed"])
def test_a_wrong_checksum_is_found_though_all_records_could_be_read(tmp_path: Path, plain: bool) -> None:
    content = solar("abc") if plain else solar("abc").decode("utf-16").replace("utf-16", "utf-8").encode()
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("EinheitenSolar.xml", content)
    raw = (tmp_path / "x.zip").read_bytes()
    changed = raw.replace("abc".encode("utf-16-le"), "abd".encode("utf-16-le")).replace(b"<Name>abc", b"<Name>abd")
    assert changed != raw
    (tmp_path / "x.zip").write_bytes(changed)
    with pytest.raises(BadExport, match=r"EinheitenSolar\.xml is broken after its record [01] .*CRC"):
        names(tmp_path / "x.zip")


def test_a_zip_with_a_folder_in_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("Export/EinheitenSolar.xml", solar("a", "b"))
        archive.writestr("Export/readme.txt", "hello")
    assert names(tmp_path / "x.zip") == ["a", "b"]


def test_an_empty_element_is_absent_and_umlauts_are_read(tmp_path: Path) -> None:
    place = folder(tmp_path / "x", EinheitenSolar=solar("Söhne &amp; Töchter 🌞"))
    with Export(place) as export:
        found = records(export, "EinheitenSolar", "EinheitSolar")
    assert found == [{"Name": "Söhne & Töchter 🌞"}]


def test_utf8_is_read_too(tmp_path: Path) -> None:
    place = folder(
        tmp_path / "x",
        EinheitenSolar="<EinheitenSolar><EinheitSolar><Name>ä</Name></EinheitSolar></EinheitenSolar>".encode(),
    )
    assert names(place) == ["ä"]


def test_the_bytes_that_are_read_are_told(tmp_path: Path) -> None:
    place = folder(tmp_path / "x", EinheitenSolar=solar(*"abc"))
    read: list[int] = []
    with Export(place) as export:
        records(export, "EinheitenSolar", "EinheitSolar", read.append)
        assert sum(read) == (place / "EinheitenSolar.xml").stat().st_size


@pytest.mark.parametrize("bad", ["\x0b", "\x01", "&#11;", "&#x1F;", "&#x0B;", "\uffff"])
def test_what_xml_forbids_is_taken_out(tmp_path: Path, bad: str) -> None:
    place = folder(tmp_path / "x", EinheitenSolar=solar("first", f"se{bad}cond", "third"))
    with Export(place) as export:
        found = [record["Name"] for record in records(export, "EinheitenSolar", "EinheitSolar")]
        assert export.repaired == {"EinheitenSolar.xml"}
    assert found == ["first", "second", "third"]


def test_references_that_xml_allows_stay(tmp_path: Path) -> None:
    place = folder(tmp_path / "x", EinheitenSolar=solar("a\x01", "b&#13;&#9;&#x41;&#100;"))
    assert names(place) == ["a", "b\r\tAd"]


def test_a_forbidden_character_late_in_a_large_file_loses_and_doubles_nothing(tmp_path: Path) -> None:
    many = [f"{number}&#228;" for number in range(20_000)]
    many[15_000] += "\x02"
    place = folder(tmp_path / "x", EinheitenSolar=solar(*many))
    assert names(place) == [f"{number}ä" for number in range(20_000)]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (solar("a")[:-30], "broken after its record 1"),
        (b"", "does not begin like a file of the register"),
        (b"<html>", "holds html in place of EinheitenSolar"),
        (b"Sorry, no data today", "broken after its record 0"),
        (utf16('<!DOCTYPE x [<!ENTITY a "b">]><EinheitenSolar/>'), "carries a document type"),
        (utf16('<!DOCTYPE x SYSTEM "file:///etc/passwd"><EinheitenSolar/>'), "carries a document type"),
        (solar("a") + solar("b"), "broken after its record 0"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    place = folder(tmp_path / "x", EinheitenSolar=content)
    with pytest.raises(BadExport, match=cause):
        names(place)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (solar("a")[:-1], "broken after its record"),  # half a character
        (solar("ä").decode("utf-16").replace("utf-16", "utf-8").encode("latin-1"), "broken after its record"),
        (solar("ä").decode("utf-16").encode("cp1252"), "broken after its record"),  # says UTF-16, and is not
        (solar("ä").decode("utf-16").replace("utf-16", "ebcdic-none").encode(), "broken after its record"),
    ],
    ids=["half a character", "Latin-1 that is called UTF-8", "Windows-1252 that is called UTF-16", "no such encoding"],
)
def test_a_wrong_encoding_is_refused_by_the_files_name(tmp_path: Path, content: bytes, cause: str) -> None:
    with pytest.raises(BadExport, match=f"EinheitenSolar.xml .*{cause}"):
        names(folder(tmp_path / "x", EinheitenSolar=content))


def test_utf16_of_the_other_byte_order_is_read(tmp_path: Path) -> None:
    content = "\ufeff" + solar("ä").decode("utf-16").lstrip("\ufeff")
    assert names(folder(tmp_path / "x", EinheitenSolar=content.encode("utf-16-be"))) == ["ä"]


@pytest.mark.parametrize(
    ("place", "value"), [(6, 1), (8, 99)], ids=["encrypted", "compressed in a way that nobody knows"]
)
def test_a_file_that_cannot_be_unpacked_is_refused_by_its_name(tmp_path: Path, place: int, value: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("EinheitenSolar.xml", solar("a"))
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    raw[place] = value  # of the file's own header, and of the zip's list
    raw[raw.index(b"PK\x01\x02") + place + 2] = value
    (tmp_path / "x.zip").write_bytes(raw)
    with pytest.raises(BadExport, match=r"EinheitenSolar\.xml is broken after its record 0"):
        names(tmp_path / "x.zip")


def test_files_of_nobodys_that_would_take_hours_to_read_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("0.xml", "<a/>")
        archive.filelist[0].file_size = 33 << 30  # as in a zip whose files overlap
    with pytest.raises(BadExport, match="holds 33 GiB that are none of the register's"), Export(tmp_path / "x.zip"):
        pass


@pytest.mark.parametrize(
    "parts", [("EinheitenSolar_2",), ("EinheitenSolar_1", "EinheitenSolar_3"), ("EinheitenSolar", "EinheitenSolar_1")]
)
def test_a_table_with_missing_or_doubled_parts_is_refused(tmp_path: Path, parts: Sequence[str]) -> None:
    place = folder(tmp_path / "x", **dict.fromkeys(parts, solar("a")))
    with pytest.raises(BadExport, match="of EinheitenSolar"):
        names(place)


def test_what_is_not_there_or_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    for name in ("x.zip", "y.zip"):
        with pytest.raises(BadExport, match=name):
            names(tmp_path / name)


def test_the_fingerprint_follows_the_content_and_not_the_packing(tmp_path: Path) -> None:
    def fingerprint(path: Path) -> Any:
        with Export(path) as export:
            return export.fingerprint

    loose = folder(tmp_path / "x", EinheitenSolar=solar("a"))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("EinheitenSolar.xml", solar("a"))
    assert fingerprint(loose) == fingerprint(tmp_path / "x.zip")
    assert fingerprint(loose) != fingerprint(folder(tmp_path / "y", EinheitenSolar=solar("b")))


def test_the_day_stands_in_the_name(tmp_path: Path) -> None:
    with Export(folder(tmp_path / "Gesamtdatenexport_20260911_26.1", EinheitenSolar=solar("a"))) as export:
        assert export.day == "2026-09-11"
    with Export(folder(tmp_path / "mine", EinheitenSolar=solar("a"))) as export:
        assert export.day is None
