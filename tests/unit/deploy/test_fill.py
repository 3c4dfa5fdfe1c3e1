"""What the first fill decides; the fill itself runs on whole systems only (tests/system)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.boxes import BOXES
from deploy.local.fill.fill import attributes_of
from deploy.local.fill.household import MARKET, Household, There
from deploy.local.fill.memory import Memory, pseudonym
from deploy.local.fill.people import Person, Refused
from deploy.local.fill.region import LOCAL, _runs, days_from, missing_days
from market.values import EosName

DAY = date(2026, 11, 28)
NOTHING = There(frozenset(), frozenset(), frozenset(), {}, {}, frozenset())


def slots(day: date) -> list[datetime]:
    begin = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    end = datetime.fromisoformat(f"{day + timedelta(days=1)}T00:00").replace(tzinfo=LOCAL)
    count = int((end.timestamp() - begin.timestamp()) // 900)
    return [datetime.fromtimestamp(begin.timestamp() + 900 * number, LOCAL) for number in range(count)]


@dataclass
class Recorder(Person):
    """Remembers what he was asked to send; refuses what `refusals` says."""

    sent: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)
    refusals: dict[str, Refused] = field(default_factory=dict)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> dict[str, Any]:
        route = path.removeprefix("/background-manager-logic/api/v1")
        self.sent.append((route, body or {}, key))
        if route in self.refusals:
            raise self.refusals[route]
        return {}

    @property
    def routes(self) -> list[str]:
        return [route for route, _body, _key in self.sent]


def recorder(name: str) -> Recorder:
    return Recorder("http://nowhere", name, "", f"sub-of-{name}")


@pytest.fixture
def household(tmp_path: Path) -> Household:
    memory = Memory(tmp_path / "first-fill.json")
    return Household(BOXES[0], recorder("seller"), recorder("admin"), recorder("evu"), memory, lambda _text: None)


def everything(household: Household) -> There:
    box = household.box
    units = frozenset(unit.mastr_nr for unit in box.units)
    account = {"account_name": "abc", "markets": [MARKET]}
    return There(
        frozenset({box.address}),
        frozenset({box.serial_number}),
        units,
        {household.owner.sub: {}},
        {box.address: account},
        units,
    )


def sent(person: Person) -> list[str]:
    assert isinstance(person, Recorder)
    return person.routes


def test_an_empty_market_gets_everything_in_the_order_of_its_dependences(household: Household) -> None:
    household.add(NOTHING)
    assert sent(household.admin) == ["/cls-box", "/grid-meter", "/unit", "/participant", "/eos-account", "/market/unit"]
    assert sent(household.evu) == sent(household.owner) == ["/market/deposit"]
    assert household.is_complete(everything(household))


def test_a_complete_household_needs_nothing(household: Household) -> None:
    household.add(NOTHING)
    before = len(sent(household.admin)), len(sent(household.evu)), len(sent(household.owner))
    household.add(everything(household))
    assert (len(sent(household.admin)), len(sent(household.evu)), len(sent(household.owner))) == before


def test_a_household_without_units_has_none_to_register(household: Household) -> None:
    without = replace(household, box=BOXES[2])
    without.add(NOTHING)
    assert sent(household.admin) == ["/cls-box", "/grid-meter", "/participant", "/eos-account"]


def test_a_registration_that_was_cut_off_is_repeated_with_the_same_name(household: Household) -> None:
    assert isinstance(household.admin, Recorder)
    household.admin.refusals["/eos-account"] = Refused(502, "the box answered wrongly", "POST")
    with pytest.raises(Refused):
        household.add(NOTHING)
    household.admin.refusals.clear()
    household.add(NOTHING)
    names = [body["account_name"] for route, body, _key in household.admin.sent if route == "/eos-account"]
    assert len(names) == 2
    assert len(set(names)) == 1


def test_an_account_that_was_registered_half_is_completed(household: Household) -> None:
    there = everything(household)
    household.add(replace(there, accounts={household.box.address: {"account_name": "known", "markets": []}}))
    assert isinstance(household.admin, Recorder)
    assert [body["account_name"] for route, body, _ in household.admin.sent if route == "/eos-account"] == ["known"]


def test_money_is_given_once_with_keys_that_stay_the_same(household: Household) -> None:
    assert isinstance(household.owner, Recorder)
    assert isinstance(household.evu, Recorder)
    household.owner.refusals["/market/deposit"] = Refused(403, "not now", "POST")
    for _ in range(2):
        with pytest.raises(Refused):
            household.add(NOTHING)
    assert len(household.evu.sent) == 1
    assert len({key for _route, _body, key in household.owner.sent}) == 1
    ((_, body, _),) = household.evu.sent
    assert body["participant_sub"] == household.owner.sub
    assert not household.is_complete(everything(household))


def test_what_somebody_else_added_in_the_meantime_is_no_failure(household: Household) -> None:
    assert isinstance(household.admin, Recorder)
    household.admin.refusals["/cls-box"] = Refused(409, "the box at 127.0.1.11 is known already", "POST")
    household.add(NOTHING)
    household.admin.refusals["/cls-box"] = Refused(409, "the box at 127.0.1.11 has just been removed", "POST")
    with pytest.raises(Refused):
        household.add(NOTHING)


def test_no_day_is_missing_that_is_forecast_whole() -> None:
    days = days_from(DAY)
    assert days == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    assert missing_days(days, [moment for day in days for moment in slots(day)]) == []
    assert missing_days(days, []) == days


def test_only_the_days_that_are_missing_are_written() -> None:
    days = days_from(DAY)
    assert missing_days(days, slots(days[1])) == [days[0], days[2]]
    assert missing_days(days, [*slots(days[0]), *slots(days[1])[:-8], *slots(days[2])]) == [days[1]]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_on_which_the_clocks_change_are_whole_with_their_own_hours(day: date) -> None:
    assert missing_days([day], slots(day)) == []
    assert missing_days([day], slots(day)[:-4]) == [day]


def test_days_in_a_row_are_written_together() -> None:
    assert _runs([DAY, DAY + timedelta(days=1)]) == [(DAY, 2)]
    assert _runs([DAY, DAY + timedelta(days=2)]) == [(DAY, 1), (DAY + timedelta(days=2), 1)]


def test_m_prv_01_an_accounts_name_is_a_pseudonym() -> None:
    names = {pseudonym() for _ in range(100)}
    assert len(names) == 100
    assert all(len(EosName(name)) == 12 for name in names)


def test_demo_users_show_what_the_pool_mirrors() -> None:
    record = {
        "sub": "s",
        "eos_account": "abc",
        "kwh_annum": 3500,
        "cls_box_ip": "127.0.1.11",
        "betreiber_mastr_nr": None,
    }
    assert attributes_of(record) == {"eos_account": "abc", "kwh_annum": "3500", "cls_box_ip": "127.0.1.11"}
