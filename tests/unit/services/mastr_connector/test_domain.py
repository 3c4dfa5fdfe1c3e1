"""What a record becomes, from the export and from the web service."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.values import MastrNumber
from services.mastr_connector.catalogue import KINDS, Kind, kind_of
from services.mastr_connector.domain import (
    ACTOR_NUMBER,
    EXTRA_TYPES,
    UNIT_NUMBER,
    NewUnit,
    Region,
    actor_of,
    extra_number,
    has_valid_number,
    is_extra,
    is_gone,
    local_stamp,
    moment,
    unit_of,
    view,
)
from services.mastr_connector.elements import KNOWN, KNOWN_TO_SERVICE
from services.mastr_connector.tables import UNITS

SOLAR = KINDS[0]
NUMBER = "SEE900000000119"
RECORD = {
    "EinheitMastrNummer": NUMBER,
    "DatumLetzteAktualisierung": "2021-01-02T11:30:05.1746875",
    "NameStromerzeugungseinheit": "PV & Co",
    "Postleitzahl": "01067",
    "Ort": "Dresden",
    "Gemeindeschluessel": "14612000",
    "Bruttoleistung": "9.9",
    "Nettonennleistung": "9.5",
    "EinheitBetriebsstatus": "35",
    "EinheitSystemstatus": "472",
    "AnlagenbetreiberMastrNummer": "ABR900000000119",
    "NetzbetreiberpruefungStatus": "2954",
    "LokationMaStRNummer": "SEL900000000119",
    "Inbetriebnahmedatum": "2020-12-01",
}
WORDS = {
    **RECORD,
    "EinheitBetriebsstatus": "InBetrieb",
    "EinheitSystemstatus": "Aktiv",
    "NetzbetreiberpruefungStatus": "Geprueft",
    "LokationMastrNummer": "SEL900000000119",
}
WORDS.pop("LokationMaStRNummer")


def test_ids_and_words_become_the_same_unit() -> None:
    unit = unit_of(SOLAR, RECORD, KNOWN)
    assert unit == unit_of(SOLAR, WORDS, KNOWN_TO_SERVICE)
    assert unit is not None
    assert unit["operating_status"] == "in_operation"
    assert unit["grid_check"] == "checked"
    assert unit["last_updated"] == datetime(2021, 1, 2, 10, 30, 5, 174687, tzinfo=UTC)
    assert "more" not in unit


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.unit_type))
def test_what_a_file_is_read_without_makes_no_difference(kind: Kind) -> None:
    record = dict.fromkeys(KNOWN, "1") | RECORD | {"Erzeugungsleistung": "3", "Laengengrad": "6.5"}
    (table,) = (table for table in UNITS if table.name == kind.table)
    fewer = {name: value for name, value in record.items() if name not in table.skipped}
    assert len(fewer) < len(record)
    assert unit_of(kind, fewer, KNOWN) == unit_of(kind, record, KNOWN)
    assert is_gone({**fewer, "EinheitSystemstatus": "473"})


def test_leading_zeros_of_postcodes_stay() -> None:
    unit = unit_of(SOLAR, RECORD, KNOWN)
    assert unit is not None
    assert unit["postcode"] == "01067"


def test_an_element_that_no_schema_has_is_kept() -> None:
    unit = unit_of(SOLAR, {**RECORD, "Neuheit": "7"}, KNOWN)
    assert unit is not None
    assert unit["more"] == {"Neuheit": "7"}


def test_absent_elements_are_empty_values() -> None:
    unit = unit_of(SOLAR, {"EinheitMastrNummer": NUMBER}, KNOWN)
    assert unit is not None
    assert unit == {"_id": NUMBER, "stamp": "", "unit_type": "solar"}
    shown = view(unit)
    assert shown["mastr_nr"] == NUMBER
    assert shown["last_updated"] is None
    assert shown["gross_power_kw"] is None


@pytest.mark.parametrize("number", ["", "SEE1", "see900000000119", "SEE9000000001191", "SEE90000000011\u0661"])
def test_a_record_without_a_number_is_no_unit(number: str) -> None:
    assert unit_of(SOLAR, {**RECORD, "EinheitMastrNummer": number}, KNOWN) is None
    assert actor_of({"MastrNummer": number}) is None


def test_test_records_of_the_register_are_kept_and_told_apart() -> None:
    odd = "ABR111222333123"
    assert actor_of({"MastrNummer": odd}) is not None
    assert not has_valid_number(odd)
    assert has_valid_number(NUMBER)


@given(st.from_regex(r"[A-Z]{3}[89][0-9]{11}", fullmatch=True))
def test_a_number_is_valid_that_the_markets_rule_calls_so(number: str) -> None:
    for last in "0123456789":
        tried = number[:-1] + last
        try:
            MastrNumber(tried)
        except ValueError:
            assert not has_valid_number(tried)
        else:
            assert has_valid_number(tried)


@pytest.mark.parametrize(
    ("text", "power"), [("9.9", 9.9), ("0", 0.0), ("9,9", None), ("nan", None), ("-1", None), ("1e99", None)]
)
def test_a_power_is_a_number_of_kw_or_nothing(text: str, power: float | None) -> None:
    unit = unit_of(SOLAR, {**RECORD, "Bruttoleistung": text}, KNOWN)
    assert unit is not None
    assert unit.get("gross_power_kw") == power


def test_an_empty_word_of_the_service_is_nothing_and_an_unknown_one_stays() -> None:
    for given_, status in (("None", None), ("", None), ("Verschollen", "Verschollen"), ("31", "planned")):
        unit = unit_of(SOLAR, {**RECORD, "EinheitBetriebsstatus": given_}, KNOWN)
        assert unit is not None
        assert unit.get("operating_status") == status


@pytest.mark.parametrize(
    ("status", "gone"),
    [("472", False), ("473", True), ("572", True), ("Aktiv", False), ("Geloescht", True), ("", False)],
)
def test_deactivated_and_deleted_units_are_gone(status: str, gone: bool) -> None:
    assert is_gone({"EinheitSystemstatus": status}) is gone


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [
        ("2026-07-01T12:00:00.1234567", datetime(2026, 7, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-01T12:00:00", datetime(2026, 1, 1, 11, tzinfo=UTC)),
        ("2026-01-01T12:00:60", datetime(2026, 1, 1, 11, 1, tzinfo=UTC)),
        ("2026-01-01T12:59:60.5000000", datetime(2026, 1, 1, 12, 0, 0, 500000, tzinfo=UTC)),
        ("2026-01-01T12:00:00+00:00", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first of the two
        ("", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00", None),
        ("2026-13-01T00:00:00", None),
    ],
)
def test_the_registers_local_time_in_utc(stamp: str, utc: datetime | None) -> None:
    assert moment(stamp) == utc


def test_a_time_as_the_register_writes_it() -> None:
    assert local_stamp(datetime(2026, 7, 1, 10, tzinfo=UTC)) == "2026-07-01T12:00:00.000000"


def test_a_region_is_the_union_of_postcodes_and_municipalities() -> None:
    region = Region.of(["54290"], ["07235068"])
    assert region.covers("54290", "00000000")
    assert region.covers(None, "07235068")
    assert not region.covers("54292", "07211000")
    assert not region.covers(None, None)
    assert Region().covers(None, None)


@given(st.sampled_from(EXTRA_TYPES), st.binary(max_size=40))
def test_extra_numbers_never_meet_the_registers(unit_type: str, seed: bytes) -> None:
    number = extra_number(unit_type, seed)
    assert re.fullmatch(UNIT_NUMBER, number)
    assert not re.fullmatch(ACTOR_NUMBER, number)
    assert is_extra(number)
    assert number == extra_number(unit_type, seed)
    with pytest.raises(ValueError, match="MaStR"):
        MastrNumber(number)


def test_a_unit_of_the_register_is_not_extra() -> None:
    assert not is_extra(NUMBER)


def test_a_new_unit_is_in_operation() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    unit = NewUnit("WP", "Wärmepumpe", gross_power_kw=8).as_unit("WP-00000000000", now)
    shown = view(unit)
    assert shown["operating_status"] == "in_operation"
    assert shown["last_updated"] == "2026-01-01T00:00:00Z"
    assert shown["operator_mastr_nr"] is None


@pytest.mark.parametrize(
    ("word", "unit_type"),
    [
        ("Solareinheit", "solar"),
        ("Stromspeichereinheit", "storage"),
        ("Stromverbrauchseinheit", "consumer"),
        ("Gasverbrauchseinheit", "gas_consumer"),
        ("Gasspeichereinheit", "gas_storage"),
        ("Gaserzeugungseinheit", "gas_producer"),
        ("Kernenergie", "nuclear"),
        ("Geothermie", "geothermal"),
        ("Wasser", "hydro"),
    ],
)
def test_the_services_word_for_a_kind(word: str, unit_type: str) -> None:
    kind = kind_of(word)
    assert kind is not None
    assert kind.unit_type == unit_type


def test_a_word_that_names_no_kind() -> None:
    assert kind_of("Perpetuum mobile") is None


def test_an_actor_has_a_firms_or_a_persons_name_or_none() -> None:
    number = "ABR900000000119"
    firm = actor_of({"MastrNummer": number, "Firmenname": "Stadtwerke"})
    person = actor_of({"MastrNummer": number, "MarktakteurVorname": "A", "MarktakteurNachname": "B"})
    nobody = actor_of({"MastrNummer": number})
    assert [actor and actor.get("name") for actor in (firm, person, nobody)] == ["Stadtwerke", "A B", None]
