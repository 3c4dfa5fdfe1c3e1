"""The stand-in's operations and envelopes, without a socket."""

from __future__ import annotations

import pytest
from lxml import etree

from simulators.mastr import soap
from simulators.mastr.catalogue import CHECKED
from simulators.mastr.control import control
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.interface import NAMESPACE, OPERATIONS
from simulators.mastr.operations import SoapFault, answer
from simulators.mastr.register import Register
from simulators.mastr.state import State
from simulators.mastr.wsdl import base_types, wsdl

NUMBER = PLANTS[0].mastr_nr


@pytest.fixture
def state() -> State:
    return State(Register(seed=2, size=120))


def envelope(namespace: str, inner: str, operation: str = "GetEinheitSolar") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{soap.SOAP11}"><s:Body><a:{operation}Request xmlns:a="{NAMESPACE}/Anlage" '
        f'xmlns:m="{namespace}">{inner}</a:{operation}Request></s:Body></s:Envelope>'
    ).encode()


def test_parameters_count_only_in_the_parent_namespace() -> None:
    inner = "<m:apiKey>k</m:apiKey><m:einheitMastrNummer>x</m:einheitMastrNummer>"
    seen = soap.read(envelope(NAMESPACE, inner), '"GetEinheitSolar"', soap.SOAP11)
    assert seen.parameters == {"apiKey": "k", "einheitMastrNummer": "x"}
    assert soap.read(envelope(f"{NAMESPACE}/Anlage", inner), "GetEinheitSolar", soap.SOAP11).parameters == {}


def test_what_is_no_call_is_a_fault() -> None:
    for body, action in (
        (b"hello", "GetEinheitSolar"),
        (b"<x/>", "GetEinheitSolar"),
        (envelope(NAMESPACE, ""), "GetEinheitWind"),
        (envelope(NAMESPACE, "", "GetNothing"), "GetNothing"),
        (envelope(NAMESPACE, "<m:other>1</m:other>"), "GetEinheitSolar"),
    ):
        with pytest.raises(SoapFault):
            soap.read(body, action, soap.SOAP11)


def test_lists_are_paged_from_one(state: State) -> None:
    everything = answer(state, "GetListeAlleEinheiten", {})
    assert everything["Ergebniscode"] == "OK"
    first = answer(state, "GetListeAlleEinheiten", {"startAb": "1", "limit": "100"})
    rest = answer(state, "GetListeAlleEinheiten", {"startAb": "101", "limit": "100"})
    assert first["Ergebniscode"] == "OkWeitereDatenVorhanden"
    assert first["Einheiten"] + rest["Einheiten"] == everything["Einheiten"]
    assert answer(state, "GetListeAlleEinheiten", {"startAb": "999"}) == {"Ergebniscode": "KeineDatenVorhanden"}
    for wrong in ({"limit": "2001"}, {"startAb": "0"}, {"datumAb": "gestern"}):
        with pytest.raises(SoapFault):
            answer(state, "GetListeAlleEinheiten", wrong)


def test_the_list_spells_the_date_as_the_register_does(state: State) -> None:
    item = answer(state, "GetListeAlleEinheiten", {"einheitMastrNummern": [NUMBER]})["Einheiten"][0]
    assert "DatumLetzeAktualisierung" in item
    assert item["Standort"] == "54296 Trier"
    assert "DatumLetzteAktualisierung" in answer(state, "GetEinheitSolar", {"einheitMastrNummer": NUMBER})


def test_a_check_is_not_seen_by_the_units_date(state: State) -> None:
    state.check(NUMBER, CHECKED)
    since = {"datumAb": "2026-11-01T00:00:00"}
    assert answer(state, "GetListeAlleEinheiten", since)["Ergebniscode"] == "KeineDatenVorhanden"
    asked = {"VerknuepftesObjektArt": "Netzbetreiberpruefungsprozess", "VerknuepftesObjektDatumAb": since["datumAb"]}
    found = answer(state, "GetListeLetzteAktualisierung", asked)["Einheiten"]
    assert [item["EinheitMastrNummer"] for item in found] == [NUMBER]


def test_a_unit_that_is_gone_is_listed_but_not_given(state: State) -> None:
    state.remove(NUMBER, deleted=False)
    listed = answer(state, "GetListeAlleEinheiten", {"einheitMastrNummern": [NUMBER]})["Einheiten"]
    assert listed[0]["EinheitSystemstatus"] == "Deaktiviert"
    with pytest.raises(SoapFault, match="die Einheit wurde deaktiviert"):
        answer(state, "GetEinheitSolar", {"einheitMastrNummer": NUMBER})


def test_an_answer_has_its_head_first_and_its_payload_in_the_parent_namespace(state: State) -> None:
    operation = OPERATIONS["GetEinheitSolar"]
    told = soap.write(operation, answer(state, operation.name, {"einheitMastrNummer": NUMBER}), soap.SOAP11)
    response = etree.fromstring(told)[0][0]
    assert response.tag == f"{{{NAMESPACE}/Anlage}}GetEinheitSolarResponse"
    assert [etree.QName(child).localname for child in response][:4] == [
        "Ergebniscode", "AufrufVeraltet", "AufrufLebenszeitEnde", "AufrufVersion",
    ]  # fmt: skip
    assert {etree.QName(child).namespace for child in response} == {NAMESPACE}


def test_the_schema_and_the_wsdl_are_valid_documents() -> None:
    etree.XMLSchema(etree.fromstring(base_types().encode()))
    root = etree.fromstring(wsdl("http://127.0.0.1:1").encode())
    ports = root.findall(".//{http://schemas.xmlsoap.org/wsdl/}port")
    assert {port.get("name") for port in ports} == {"Anlage", "Akteur", "Allgemein"}


def test_the_laboratorys_hand(state: State) -> None:
    assert control(state, "PUT", "/simulator/quota", b'{"limit": 3}')[1]["quota"] == 3
    assert control(state, "PUT", "/simulator/faults", b'{"unavailable": 2}')[1]["unavailable"] == 2
    assert control(state, "DELETE", "/simulator/faults", b"")[1]["unavailable"] == 0
    assert control(state, "PUT", f"/simulator/unit/{NUMBER}", b'{"Ort": "Konz"}')[1]["Ort"] == "Konz"
    assert control(state, "GET", "/simulator/unit/SEE1", b"")[0] == 404
    assert control(state, "PUT", "/simulator/faults", b'{"other": 1}')[0] == 400
    assert control(state, "PUT", "/simulator/quota", b"[")[0] == 400
    assert control(state, "GET", "/elsewhere", b"")[0] == 404
