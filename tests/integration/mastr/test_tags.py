"""Asked again with the tag of the answer that one has: nothing is read of the copy until something has changed."""

from __future__ import annotations

from typing import Any

import pytest

from services.mastr_connector.building import COLLECTIONS
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.numbers import mastr_number
from tests.integration.mastr.stage import Stage

NUMBER, OPERATOR = PLANTS[0].mastr_nr, PLANTS[0].operator_nr
OF_THE_REGISTER = (
    f"/unit/{NUMBER}",
    f"/unit/{NUMBER}/grid",
    f"/unit/{NUMBER}/plants",
    f"/marktakteur/{OPERATOR}",
    "/marktakteure?name=energie",
)
LISTS = (
    *("/units?unit_type=solar&limit=3", "/units/geojson?limit=2", "/changes?since=2020-01-01"),
    f"/marktakteur/{OPERATOR}/units",
)


@pytest.fixture(scope="module", autouse=True)
def imported(stage: Stage) -> None:
    stage.done("/init", {"source": stage.export(defects=[])})
    stage.done("/update")


def tags(stage: Stage, paths: tuple[str, ...] = (*OF_THE_REGISTER, *LISTS)) -> dict[str, str]:
    return {path: stage.call("GET", path).headers["ETag"] for path in paths}


def again(stage: Stage, path: str, tag: str) -> Any:
    return stage.call("GET", path, If_None_Match=tag)


def test_who_has_the_answer_gets_none_and_no_document_is_read(stage: Stage) -> None:
    known = tags(stage)
    stage.db.command("profile", 2)
    try:
        for path, tag in known.items():
            for shown in (tag, f'"other", W/{tag}'):
                answer = again(stage, path, shown)
                assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag), path
                assert answer.headers["Cache-Control"] == "private, no-cache"
    finally:
        stage.db.command("profile", 0)
    live = stage.live()
    read = {entry["ns"].partition(".")[2] for entry in stage.db["system.profile"].find({"op": "query"})}
    assert "state" in read
    assert not read & {live[name] for name in COLLECTIONS}


@pytest.mark.parametrize("shown", ["*", '"something"', "nonsense", 'W/""', '"' + "x" * 5000 + '"'])
def test_any_other_tag_gets_the_answer(stage: Stage, shown: str) -> None:
    assert again(stage, f"/unit/{NUMBER}", shown).get_json()["mastr_nr"] == NUMBER


def test_a_number_that_is_not_there_has_no_tag(stage: Stage) -> None:
    answer = stage.call("GET", f"/unit/{mastr_number('SEE', 999_001)}")
    assert (answer.status_code, "ETag" in answer.headers) == (404, False)
    assert again(stage, "/unit/SEE1", tags(stage)[f"/unit/{NUMBER}"]).status_code == 400


def test_an_update_that_finds_nothing_leaves_the_tags(stage: Stage) -> None:
    before = tags(stage)
    stage.done("/update")
    assert tags(stage) == before


def test_after_an_update_that_changed_something_all_tags_are_others(stage: Stage) -> None:
    before = tags(stage)
    stage.state.change(NUMBER, {"Bruttoleistung": "14.25"})
    stage.done("/update")
    after = tags(stage)
    assert all(before[path] != tag for path, tag in after.items())
    assert again(stage, f"/unit/{NUMBER}", before[f"/unit/{NUMBER}"]).get_json()["gross_power_kw"] == 14.25


def test_an_extra_unit_changes_the_lists_that_it_may_be_in(stage: Stage) -> None:
    before = tags(stage)
    household = {"unit_type": "H0", "name": "Haushalt 1", "operator_mastr_nr": OPERATOR}
    number = stage.call("POST", "/unit", household).get_json()["mastr_nr"]
    own = stage.call("GET", f"/unit/{number}").headers["ETag"]
    beside = tags(stage)
    assert {path for path in before if beside[path] != before[path]} == set(LISTS)
    assert again(stage, f"/unit/{number}", own).status_code == 304
    stage.call("DELETE", f"/unit/{number}")
    assert again(stage, f"/unit/{number}", own).status_code == 404
    assert all(beside[path] != tag for path, tag in tags(stage, LISTS).items())


def test_while_the_copy_is_being_changed_and_after_a_change_that_broke_off_there_is_no_tag(stage: Stage) -> None:
    tag = tags(stage)[f"/unit/{NUMBER}"]
    stage.db["state"].update_one(
        {"_id": "live"}, {"$set": {"changing": True}}
    )  # as an update that was killed leaves it
    for path in (*OF_THE_REGISTER, *LISTS):
        answer = again(stage, path, tag)
        assert (answer.status_code, "ETag" in answer.headers) == (200, False)
        assert answer.headers["Cache-Control"] == "no-store"
    stage.state.change(NUMBER, {"Bruttoleistung": "15.5"})
    stage.done("/update")
    assert again(stage, f"/unit/{NUMBER}", tag).get_json()["gross_power_kw"] == 15.5
    assert tags(stage)[f"/unit/{NUMBER}"] != tag


def test_an_import_gives_other_tags(stage: Stage) -> None:
    before = tags(stage)
    stage.done("/init", {"source": stage.export(), "filter": {"postcodes": [PLANTS[0].postcode]}})
    assert all(before[path] != tag for path, tag in tags(stage).items())
