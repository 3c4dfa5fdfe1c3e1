"""Updates over the web service after an import."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.mastr.catalogue import CHECKED, DECOMMISSIONED, IN_CHECK
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.kinds import KINDS, SOLAR
from simulators.mastr.numbers import mastr_number
from simulators.mastr.state import Faults
from tests.integration.mastr.stage import Stage

NUMBER, SECOND, THIRD = (plant.mastr_nr for plant in PLANTS[:3])


@pytest.fixture(scope="module", autouse=True)
def imported(stage: Stage) -> None:
    stage.done("/init", {"source": stage.export(defects=[]), "filter": {"municipality_keys": ["07211000"]}})
    stage.done("/update")


@pytest.fixture(autouse=True)
def well(stage: Stage) -> Iterator[None]:
    """The register is as it should be, and stays so for the next test."""
    yield
    with stage.state.lock:
        stage.state.faults = Faults()
        stage.state.quota = 100_000


def test_without_a_change_nothing_is_fetched(stage: Stage) -> None:
    before = stage.documents()
    calls = stage.state.calls.total()
    assert not set(stage.done("/update")["seen"]) & {"added", "changed", "removed"}
    assert stage.documents() == before
    assert stage.state.calls.total() - calls <= 5


def test_a_changed_unit_is_fetched(stage: Stage) -> None:
    stage.state.change(NUMBER, {"Bruttoleistung": "12.5", "EinheitBetriebsstatus": DECOMMISSIONED})
    assert stage.done("/update")["seen"]["changed"] == 1
    unit = stage.get(f"/unit/{NUMBER}")
    assert unit["gross_power_kw"] == 12.5
    assert unit["operating_status"] == "decommissioned"
    again = stage.done("/update")["seen"]
    assert again["current"] >= 1
    assert "changed" not in again


def test_a_new_unit_comes_with_its_operator(stage: Stage) -> None:
    number, operator = mastr_number("SEE", 501), PLANTS[7].operator_nr
    with stage.state.lock:
        stage.state.actors[mastr_number("ABR", 501)] = {
            **stage.state.actors[operator],
            "MastrNummer": mastr_number("ABR", 501),
        }
        stage.state.add(number, mastr_number("ABR", 501), "54290", "7.5")
    seen = stage.done("/update")["seen"]
    assert seen["added"] == 1
    assert seen["operators_added"] == 1
    assert stage.get(f"/marktakteur/{mastr_number('ABR', 501)}/units")["items"][0]["mastr_nr"] == number
    assert stage.get("/status")["counts"]["solar"] == stage.db[stage.live()["units"]].count_documents(
        {"unit_type": "solar"}
    )


def test_a_unit_elsewhere_is_not_fetched(stage: Stage) -> None:
    calls = stage.state.calls["GetEinheitSolar"]
    stage.state.add(mastr_number("SEE", 502), PLANTS[0].operator_nr, "80331", "7.5")
    assert stage.done("/update")["seen"]["elsewhere"] >= 1
    assert stage.state.calls["GetEinheitSolar"] == calls
    assert stage.call("GET", f"/unit/{mastr_number('SEE', 502)}").status_code == 404


def test_a_unit_that_moves_away_is_removed(stage: Stage) -> None:
    stage.state.change(THIRD, {"Postleitzahl": "80331", "Gemeindeschluessel": "09162000", "Ort": "München"})
    assert stage.done("/update")["seen"]["removed"] == 1
    assert stage.call("GET", f"/unit/{THIRD}").status_code == 404


@pytest.mark.parametrize("deleted", [True, False])
def test_a_unit_that_is_gone_is_removed(stage: Stage, deleted: bool) -> None:
    number = PLANTS[3 if deleted else 4].mastr_nr
    stage.state.remove(number, deleted=deleted)
    assert stage.done("/update")["seen"]["removed"] == 1
    assert stage.call("GET", f"/unit/{number}").status_code == 404


def test_the_grid_operators_check_is_seen_though_the_units_date_stays(stage: Stage) -> None:
    known = stage.db[stage.live()["units"]].find_one({"_id": SECOND})
    assert known is not None
    other = {"checked": (IN_CHECK, "in_check"), "in_check": (CHECKED, "checked")}[known["grid_check"]]
    stage.state.check(SECOND, other[0])
    assert stage.done("/update")["seen"]["changed"] >= 1
    now = stage.db[stage.live()["units"]].find_one({"_id": SECOND})
    assert now is not None
    assert now["grid_check"] == other[1]
    assert now["stamp"] == known["stamp"]


def test_the_same_unit_from_the_export_and_from_the_service_is_the_same(stage: Stage) -> None:
    for kind in KINDS:
        for record in stage.register.units(kind):
            number = record["EinheitMastrNummer"]
            before = stage.db[stage.live()["units"]].find_one({"_id": number})
            if before is None or number in {plant.mastr_nr for plant in PLANTS}:
                continue
            with stage.state.lock:
                stage.state.unit(number).checked = "2999-01-01T00:00:00.0000000"
            stage.done("/update")
            assert stage.db[stage.live()["units"]].find_one({"_id": number}) == before
            with stage.state.lock:
                stage.state.unit(number).checked = ""
            break


def test_times_with_second_60_are_read(stage: Stage) -> None:
    with stage.state.lock:
        stage.state.faults = Faults(seconds_60=True)
    stage.state.change(NUMBER, {"Bruttoleistung": "13"})
    assert stage.done("/update")["seen"]["changed"] >= 1
    assert stage.get(f"/unit/{NUMBER}")["last_updated"] is not None


def test_a_service_that_stumbles_is_asked_again(stage: Stage) -> None:
    stage.state.change(NUMBER, {"Bruttoleistung": "14"})
    with stage.state.lock:
        stage.state.faults = Faults(unavailable=1, nonsense=1, broken=1)
    assert stage.done("/update")["seen"]["changed"] >= 1
    assert stage.get(f"/unit/{NUMBER}")["gross_power_kw"] == 14


def test_when_the_quota_is_used_up_the_next_update_goes_on(stage: Stage) -> None:
    numbers = [stage.register.unit_number(SOLAR, index) for index in range(12)]
    ours = [number for number in numbers if stage.db[stage.live()["units"]].find_one({"_id": number})]
    for number in ours:
        stage.state.change(number, {"Bruttoleistung": "15"})
    with stage.state.lock:
        stage.state.quota = stage.state.used + 5
    job = stage.ended(stage.start_job("/update"))
    assert job["status"] == "failed"
    assert "used up" in job["error"]
    quota = stage.get("/status")["quota"]
    assert quota["used"] >= quota["limit"]
    with stage.state.lock:
        stage.state.quota = 100_000
    seen = stage.done("/update")["seen"]
    assert 1 <= seen["changed"] < len(ours)
    assert all(stage.get(f"/unit/{number}")["gross_power_kw"] == 15 for number in ours)


@pytest.mark.parametrize(
    ("kind", "operation", "cause"),
    [
        ("huge", "GetListeAlleEinheiten", "more than 32 MiB"),
        ("unknown_code", "GetListeLetzteAktualisierung", "no result that is known"),
        ("no_soap", "GetEinheitSolar", "without a content"),
    ],
)
def test_garbage_fails_the_update_and_the_next_one_misses_nothing(
    stage: Stage, kind: str, operation: str, cause: str
) -> None:
    power = 20 + len(operation)
    stage.state.change(NUMBER, {"Bruttoleistung": str(power)})
    with stage.state.lock:
        stage.state.faults = Faults(garbage=kind, garbage_for=operation)
    before, live = stage.documents(), stage.live()
    job = stage.ended(stage.start_job("/update"))
    assert job["status"] == "failed"
    assert cause in job["error"]
    assert (stage.documents(), stage.live()) == (before, live)
    with stage.state.lock:
        stage.state.faults = Faults()
    assert stage.done("/update")["since"] == live["update"]["next_from"]
    assert stage.get(f"/unit/{NUMBER}")["gross_power_kw"] == power


def test_a_delta_that_the_next_export_holds_too_leaves_one_unit(stage: Stage) -> None:
    stage.state.change(SECOND, {"Bruttoleistung": "16"})
    stage.done("/update")
    unit = stage.db[stage.live()["units"]].find_one({"_id": SECOND})
    stage.done("/init", {"source": stage.export(defects=[]), "filter": {"postcodes": ["54296"]}})
    before = float(PLANTS[1].gross_power_kw)
    assert stage.get(f"/unit/{SECOND}")["gross_power_kw"] == before  # an older export takes its place
    stage.done("/update")
    assert stage.db[stage.live()["units"]].find_one({"_id": SECOND}) == unit  # and the update brings it back
