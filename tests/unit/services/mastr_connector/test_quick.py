"""The quick reader gives what the parser gives, or leaves the file to it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.mastr_connector.bulk import Export, Reader
from services.mastr_connector.quick import Odd, Record, Wanted, quick_records
from services.mastr_connector.streams import Member
from simulators.mastr.export import Export as Written
from simulators.mastr.register import Register

HEAD = '<?xml version="1.0" encoding="utf-16"?>\r\n'


def quick(text: str, wanted: Wanted | None = None) -> list[Record | None]:
    file = BytesIO(b"\xff\xfe" + text.encode("utf-16-le"))
    return list(quick_records(file, "Netze", "Netz", lambda _: None, wanted or {}))


def parsed(text: str) -> list[Record]:
    root = etree.fromstring(b"\xff\xfe" + text.encode("utf-16-le"))
    return [{child.tag: child.text for child in record if child.text} for record in root]


def netze(*records: str) -> str:
    return f"{HEAD}<Netze>\r\n" + "".join(f"<Netz>{record}</Netz>\r\n" for record in records) + "</Netze>\r\n"


@pytest.mark.parametrize(
    "record",
    [
        "<A>1</A>\r\n  <B>2</B>",
        "",
        "<A></A><B/><C />",
        "<A>x</A><A></A>",
        "<A>&amp;&lt;&gt;&quot;&apos;&#65;&#x1F31E;&#13;</A>",
        "<A>two\r\nlines\rthree</A>",
        "<A> </A>text<B>ö … 🌞 ></B>",
    ],
)
def test_what_is_plain_is_read_as_the_parser_reads_it(record: str) -> None:
    text = netze(record, "<Z>9</Z>")
    assert quick(text) == parsed(text)


@given(
    st.lists(st.dictionaries(st.from_regex(r"[A-Z][a-z_0-9]{0,5}", fullmatch=True), st.text(max_size=8), max_size=4))
)
def test_any_text_is_read_as_the_parser_reads_it_or_left_to_it(records: list[dict[str, str]]) -> None:
    text = netze(*("".join(f"<{name}>{value}</{name}>" for name, value in record.items()) for record in records))
    try:
        found = quick(text)
    except (Odd, UnicodeEncodeError):
        return
    assert found == parsed(text)


@pytest.mark.parametrize(
    "text",
    [
        netze("<A>1</A>")[:-12],
        netze("<A>1</A>") + "<Netze/>",
        netze("<A>1</B>"),
        netze("<A x='1'>1</A>"),
        netze("<A><B>1</B></A>"),
        netze("<A>&unknown;</A>"),
        netze("<A>&</A>"),
        netze("&#1;<A>1</A>"),
        netze("<A>&#x1f;</A>"),
        netze("<A>\x0b</A>"),
        netze("<A>\uffff</A>"),
        netze("<A>]]></A>"),
        netze("<!-- <A>1</A> -->"),
        netze("<![CDATA[<A>1</A>]]>"),
        netze("<A>1</A>").replace("<Netze>", "<Netze xmlns='urn:x'>"),
        netze("<A>1</A>").replace("<Netze>", "<netze>"),
        netze("<A>1</A>").replace("<Netze>", "<Netze>stray"),
        netze("<A>1</A>").replace(HEAD, f'{HEAD}<!DOCTYPE x [<!ENTITY a "b">]>'),
        "",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    with pytest.raises(Odd):
        quick(text)


def test_other_encodings_are_left_to_the_parser() -> None:
    for content in (b"", b"<Netze></Netze>", b"\xfe\xff" + netze().encode("utf-16-be"), b"\xff\xfe\x00\xd8\x00"):
        with pytest.raises(Odd):
            list(quick_records(BytesIO(content), "Netze", "Netz", lambda _: None, {}))


def test_records_that_are_not_wanted_are_none_and_doubtful_ones_are_read() -> None:
    wanted = {"Plz": frozenset({"1"}), "Key": frozenset({"k"})}
    text = netze(
        "<Plz>1</Plz>", "<Plz>2</Plz>", "<Plz>2</Plz><Key>k</Key>", "<Plz>&#49;</Plz>", "<PlzAlt>1</PlzAlt>", ""
    )
    assert [found is not None for found in quick(text, wanted)] == [True, False, True, True, False, False]


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["1", "", "&amp;", "\u00a0", "x\r\ny"])), max_size=6
        ),
        max_size=12,
    )
)
def test_elements_in_any_order_are_read_as_the_parser_reads_them(records: list[list[tuple[str, str]]]) -> None:
    text = netze(*("".join(f"<{name}>{value}</{name}>\r\n" for name, value in record) for record in records))
    assert quick(text) == parsed(text)


def test_what_is_not_plain_is_left_to_the_parser_also_after_many_plain_records() -> None:
    plain = ["<A>1</A><B>2</B>"] * 40
    for odd in ("<A>\x0b</A><B>2</B>", "<A>1</A>]]><B>2</B>", "<A>]]></A>", "<A>&no;</A>", "<A>1</A>&amp;<B>2</B>"):
        with pytest.raises(Odd):
            quick(netze(*plain, odd))


def test_a_large_file_is_read_across_its_chunks(tmp_path: Path) -> None:
    place = Written(Register(seed=3, size=2500), defects=()).write(tmp_path / "x")
    member = Member("EinheitenSolar.xml", "EinheitenSolar", 0, 0, 0)
    root = etree.parse(place / member.name).getroot()
    expected = [{child.tag: child.text for child in record if child.text} for record in root]
    read: list[int] = []
    with Reader(place) as reader:
        assert list(reader.records(member, "EinheitSolar", read.append)) == expected
    assert len(read) > 5


def test_bytes_are_told_once_when_the_parser_takes_over(tmp_path: Path) -> None:
    (tmp_path / "Netze.xml").write_bytes(
        b"\xff\xfe" + netze(*["<A>1</A>"] * 50_000, "<A x='1'>2</A>").encode("utf-16-le")
    )
    read: list[int] = []
    with Export(tmp_path) as export:
        (member,) = export.members("Netze")
        assert len(list(export.records(member, "Netz", read.append))) == 50_001
    assert sum(read) == member.size
