"""The web service's client against its stand-in: what it reads, and what it says when something is wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
import zeep

from services.mastr_connector import soap
from services.mastr_connector.errors import QuotaUsedUp, RegisterAway, RegisterRefused
from services.mastr_connector.soap import ObjectGone, Register
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.kinds import KINDS
from simulators.mastr.register import Register as Generated
from simulators.mastr.server import create_server
from simulators.mastr.state import Faults, State

KEY, ACTOR = "key", "SOM900000000018"
WSDL = "/MaStRAPI/wsdl/mastr.wsdl"


@pytest.fixture(scope="module")
def state() -> State:
    return State(Generated(seed=3, size=4200))


@pytest.fixture(scope="module")
def address(state: State) -> Iterator[str]:
    server: ThreadingHTTPServer = create_server("127.0.0.1", 0, state, api_key=KEY, actor=ACTOR)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def register(address: str, state: State) -> Iterator[Register]:
    yield Register(address + WSDL, KEY, ACTOR, pause_s=0.01, timeout_s=20)
    with state.lock:
        state.faults, state.quota = Faults(), 100_000


def test_the_registers_clock_is_read(register: Register) -> None:
    assert abs((register.now() - datetime.now(UTC)).total_seconds()) < 60


def test_a_list_is_read_over_its_pages(register: Register, state: State) -> None:
    before = state.calls["GetListeAlleEinheiten"]
    numbers = [item["EinheitMastrNummer"] for item in register.changed("2000-01-01T00:00:00")]
    assert len(numbers) == len(set(numbers)) == len(state.units)
    assert state.calls["GetListeAlleEinheiten"] - before == 3


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.table))
def test_every_kind_has_its_detail(register: Register, state: State, kind: object) -> None:
    unit = next(unit for unit in state.units.values() if unit.kind == kind)
    record = register.unit(unit.kind.operation, unit.number)
    assert record is not None
    assert record["EinheitMastrNummer"] == unit.number
    assert record["EinheitSystemstatus"] == "Aktiv"
    assert "Hausnummer" not in record or record["Hausnummer"] == unit.record["Hausnummer"]


def test_a_unit_of_another_kind_has_no_record(register: Register) -> None:
    assert register.unit("GetEinheitWind", PLANTS[0].mastr_nr) is None


def test_a_unit_that_is_gone_and_one_that_never_was(register: Register, state: State) -> None:
    state.remove(PLANTS[8].mastr_nr, deleted=True)
    with pytest.raises(ObjectGone, match="gelöscht"):
        register.unit("GetEinheitSolar", PLANTS[8].mastr_nr)
    with pytest.raises(ObjectGone, match="nicht gefunden"):
        register.unit("GetEinheitSolar", "SEE999999999999")
    assert register.actor("ABR999999999999") is None


@pytest.mark.parametrize(("key", "actor"), [("other", ACTOR), (KEY, "SOM900000000026")])
def test_wrong_credentials_are_named(address: str, key: str, actor: str) -> None:
    stranger = Register(address + WSDL, key, actor, pause_s=0.01)
    with pytest.raises(RegisterRefused, match="MASTR_API_KEY and MASTR_AKTEUR"):
        stranger.quota()


def test_the_quota_is_told_and_its_end_is_noticed(register: Register, state: State) -> None:
    with state.lock:
        state.quota = state.used + 1
    used, limit = register.quota()
    assert used == limit
    with pytest.raises(QuotaUsedUp):
        register.actor(PLANTS[0].operator_nr)


@pytest.mark.parametrize(
    "faults", [Faults(unavailable=3), Faults(nonsense=1), Faults(broken=3), Faults(unavailable=1, broken=1, nonsense=1)]
)
def test_what_passes_is_asked_again(register: Register, state: State, faults: Faults) -> None:
    with state.lock:
        state.faults = faults
    assert register.actor(PLANTS[0].operator_nr) is not None


def test_a_fault_that_stays_is_not_asked_for_ever(register: Register, state: State) -> None:
    before = state.calls["GetMarktakteur"]
    with state.lock:
        state.faults = Faults(nonsense=9)
    with pytest.raises(RegisterRefused, match="Objektverweis"):
        register.actor(PLANTS[0].operator_nr)
    assert state.calls["GetMarktakteur"] - before == 2


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("html", "XMLSyntaxError"),
        ("empty", "XMLSyntaxError"),
        ("truncated", "XMLSyntaxError"),
        ("charset", "XMLSyntaxError"),
        ("huge", "more than 32 MiB"),
        ("no_soap", "without a content"),
        ("unknown_code", "no result that is known: 'Wartung'"),
        ("more_of_nothing", "has more and gives nothing"),
    ],
)
def test_garbage_in_place_of_a_list_is_no_empty_list(register: Register, state: State, kind: str, cause: str) -> None:
    with state.lock:
        state.faults = Faults(garbage=kind)
    with pytest.raises(RegisterAway, match=cause):
        list(register.changed("2000-01-01T00:00:00"))


def test_a_service_that_is_away_is_said_so(register: Register, state: State) -> None:
    with state.lock:
        state.faults = Faults(unavailable=99)
    with pytest.raises(RegisterAway, match="HTTP 503"):
        register.now()


def test_a_service_that_hangs_is_left_alone_after_its_time(address: str, state: State) -> None:
    hasty = Register(address + WSDL, KEY, ACTOR, pause_s=0.01, timeout_s=0.2)
    hasty.now()
    with state.lock:
        state.faults = Faults(hang_s=0.5)
    with pytest.raises(RegisterAway, match="Timeout"):
        hasty.now()
    with state.lock:
        state.faults = Faults()


def test_an_address_without_a_wsdl_is_named(address: str) -> None:
    nobody = Register(f"{address}/simulator/state", KEY, ACTOR, pause_s=0.01)
    with pytest.raises(RegisterAway, match="MASTR_WSDL_URL"):
        nobody.now()


def test_another_client_reads_the_stand_in_too(address: str) -> None:
    """zeep with its own types, as known clients use it."""
    settings = zeep.Settings(strict=False, xml_huge_tree=True)
    client: Any = zeep.Client(address + WSDL, settings=settings)  # type: ignore[no-untyped-call] # zeep has no types
    plants = client.bind(soap.SERVICE, "Anlage")
    unit = plants.GetEinheitSolar(apiKey=KEY, marktakteurMastrNummer=ACTOR, einheitMastrNummer=PLANTS[0].mastr_nr)
    assert unit.Ergebniscode == "OK"
    assert unit.EinheitBetriebsstatus == "InBetrieb"
    assert unit.Hausnummer.NichtVorhanden is True
    assert client.service.GetLokaleUhrzeit().LokaleUhrzeit.tzinfo is not None
