"""The oracle's rounds against a connector that does as it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from market.values import salted_hash
from services.forecast_connector.connector import Connector
from services.forecast_connector.domain.maximum import Load, Point
from services.forecast_connector.domain.series import NORM_KWH, Block, Issue, IssuedBlock, Series
from services.forecast_connector.errors import ConnectorAway, ConnectorRefused
from services.forecast_connector.participants import FRESH_S, MeteringPoint, Participant
from services.forecast_connector.registry import Registry
from services.forecast_connector.repository import Repository
from services.forecast_connector.service.recording import Oracle

UNIT, SALT, SERIAL = "SEE900000000119", "00ff", "1TBI1"
NOW = 1_800_000_300
FIRST = 1_800_001_800


def hashed(text: str) -> str:
    return salted_hash(bytes.fromhex(SALT), text).hex()


def market(name: str, slot_s: int, until: int = 0) -> dict[str, Any]:
    return {"market": name, "slot_s": slot_s, "horizon_s": 604_800, "until": until}


class ScriptedConnector(Connector):
    """A chain with one metering point in each market. `refuse` are slots whose recording the contract refuses."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[int]]] = []
        self.keys: list[str] = []
        self.recorded: dict[tuple[str, int], dict[str, Any]] = {}
        self.refuse: set[int] = set()
        self.away = False
        self.offered = 0
        self.markets = [market("lem", 900)]

    def now(self) -> int:
        return NOW

    def rows(
        self,
        contract: str,  # noqa: ARG002 - the real one's signature
        table: str,
        scope: str,
        *,
        lower: int | None = None,
        upper: int | None = None,
    ) -> list[dict[str, Any]]:
        rows: dict[str, list[dict[str, Any]]] = {
            "markets": self.markets,
            "params": [{"from_slot": 0, "lead_s": 900 if scope == "lem" else 6}],
            "counters": [{"points": 1, "units": 1}],
            "points": [{"id": 1, "hash": hashed(SERIAL)}],
            "units": [{"id": 4, "hash": hashed(UNIT), "point": 1}],
            "forecasts": [
                row
                for (name, _), row in self.recorded.items()
                if name == scope and (lower or 0) <= row["key"] <= (upper or 0)
            ],
        }
        return rows[table]

    def transact(self, actions: Sequence[Mapping[str, Any]], idempotency_key: str) -> int:
        slots = [action["data"]["slot"] for action in actions]
        self.sent.append((idempotency_key, slots))
        if self.away:
            raise ConnectorAway("the chain is away")
        if self.refuse & set(slots):
            raise ConnectorRefused("M-FOR-02", "its gate has closed")
        for action in actions:
            data = action["data"]
            (point,) = data["points"]
            units = [{**unit, "offered_wh": self.offered, "offers": 0} for unit in point["units"]]
            self.recorded[data["market"], data["slot"]] = {**point, "key": data["slot"] << 32 | 1, "units": units}
        return 7


class Records:
    def all(self, max_age_s: float = FRESH_S) -> Sequence[Participant]:  # noqa: ARG002 - the port's signature
        known = MeteringPoint(SERIAL, Point((UNIT,), (Load("H0", 3500),)), SALT)
        nowhere = MeteringPoint("1TBI2", Point((), ()), "")
        return (Participant("", (known, nowhere)),)


class Forecasts(Repository):
    """Six hours of forecasts; `generation` may rise and fall."""

    def __init__(self) -> None:
        self.generation = 500
        self.begin, self.quarters = FIRST, 24
        self.are_withdrawn = False

    def blocks_of(self, *asked: Any, **more: Any) -> list[IssuedBlock]:  # noqa: ARG002 - all there is, whatever is asked
        if self.are_withdrawn:
            return []
        issue = Issue(1, 1, "a.xlsx")
        profile = Series("H0", "consumption", norm_kwh_annum=NORM_KWH)
        return [
            IssuedBlock(Block(Series("PV", "generation", UNIT), self.begin, (self.generation,) * self.quarters), issue),
            IssuedBlock(Block(profile, self.begin, (40_000,) * self.quarters), issue),
        ]

    def withdrawn(self, begin: int, end: int) -> list[range]:  # noqa: ARG002 - as above
        return [range(self.begin, self.begin + 900 * self.quarters, 900)] if self.are_withdrawn else []


class Stage:
    def __init__(self, markets: Sequence[str] | None = ("lem",), slots_ahead: int = 20) -> None:
        self.connector, self.forecasts, self.clock = ScriptedConnector(), Forecasts(), 0.0
        self.oracle = Oracle(
            connector=self.connector,
            registry=Registry(self.connector, Records()),
            repository=self.forecasts,
            markets=markets,
            slots_ahead=slots_ahead,
            monotonic=lambda: self.clock,
        )

    def maxima(self) -> set[int]:
        return {row["units"][0]["max_wh"] for row in self.connector.recorded.values()}

    def slots(self, name: str = "lem") -> list[int]:
        return sorted(slot for market, slot in self.connector.recorded if market == name)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_m_ram_03_a_round_records_the_slots_ahead_in_a_few_transactions(stage: Stage) -> None:
    assert stage.oracle.round() == 20
    assert [len(slots) for _, slots in stage.connector.sent] == [16, 4]
    assert stage.slots() == list(range(FIRST, FIRST + 20 * 900, 900))
    assert stage.maxima() == {360}


def test_a_round_without_news_sends_nothing_also_after_a_look_at_the_chain(stage: Stage) -> None:
    stage.oracle.round()
    assert stage.oracle.round() == 0
    stage.clock += 100
    assert stage.oracle.round() == 0
    assert len(stage.connector.sent) == 2


def test_what_the_chain_has_lost_is_recorded_again(stage: Stage) -> None:
    stage.oracle.round()
    del stage.connector.recorded["lem", FIRST]
    stage.clock += 100
    assert stage.oracle.round() == 1


def test_a_newer_forecast_is_recorded_at_once_and_a_return_to_the_old_one_too(stage: Stage) -> None:
    stage.oracle.round()
    for generation, maximum in ((800, 660), (500, 360), (800, 660)):
        stage.forecasts.generation = generation
        assert stage.oracle.round() == 20
        assert stage.maxima() == {maximum}
    keys = [key for key, _ in stage.connector.sent]
    assert len(set(keys)) == len(keys)


def test_m_for_03_a_lower_forecast_stops_at_what_is_offered(stage: Stage) -> None:
    stage.connector.offered = 300
    stage.oracle.round()
    stage.forecasts.generation = 200
    stage.oracle.round()
    assert stage.maxima() == {300}


def test_one_refusal_holds_up_no_other_slot(stage: Stage) -> None:
    stage.connector.refuse = {FIRST}
    assert stage.oracle.round() == 19
    assert FIRST not in stage.slots()
    assert len(stage.connector.recorded) == 19
    assert stage.oracle.figures.refused == 1
    stage.connector.refuse = set()
    assert stage.oracle.round() == 1


def test_a_lost_answer_is_asked_for_again_with_the_same_key(stage: Stage) -> None:
    stage.connector.away = True
    with pytest.raises(ConnectorAway):
        stage.oracle.round()
    stage.connector.away = False
    stage.oracle.round()
    keys = [key for key, _ in stage.connector.sent]
    assert keys[0] == keys[1] != keys[2]


def test_a_market_that_is_not_open_is_waited_for(stage: Stage) -> None:
    stage.connector.markets = []
    assert stage.oracle.round() == 0
    stage.connector.markets = [market("lem", 900)]
    assert stage.oracle.round() == 20


def test_all_open_markets_are_served_the_short_slots_first() -> None:
    stage = Stage(markets=None, slots_ahead=3)
    stage.connector.markets = [market("lem", 900), market("over", 20, until=NOW), market("demo", 20)]
    stage.forecasts.begin = NOW // 900 * 900
    assert stage.oracle.round() == 6
    assert [len(stage.slots(name)) for name in ("demo", "lem", "over")] == [3, 3, 0]
    assert [slots[0] for _, slots in stage.connector.sent] == [min(stage.slots("demo")), min(stage.slots("lem"))]
    assert stage.oracle.pause_s(5.0) == 2.0  # a tenth of the shortest slot
    stage.connector.markets = [market("lem", 900)]
    stage.oracle.round()
    assert stage.oracle.pause_s(5.0) == 5.0


def test_a_long_first_fill_holds_up_no_other_market_and_goes_on_at_once() -> None:
    stage = Stage(slots_ahead=192)
    stage.forecasts.quarters = 400
    assert stage.oracle.round() == 96  # six transactions of sixteen slots
    assert stage.oracle.pause_s(5.0) == 0.0
    assert stage.oracle.round() == 96
    assert stage.oracle.pause_s(5.0) == 5.0
    assert stage.slots() == list(range(FIRST, FIRST + 192 * 900, 900))


def test_what_is_withdrawn_is_taken_back_on_the_chain_once_and_only_where_it_stands(stage: Stage) -> None:
    stage.forecasts.quarters = 3
    assert stage.oracle.round() == 3
    stage.forecasts.are_withdrawn = True
    stage.forecasts.quarters = 6
    assert stage.oracle.round() == 3
    assert [(row["consumption_wh"], row["units"]) for row in stage.connector.recorded.values()] == [(0, [])] * 3
    assert stage.oracle.round() == 0


def test_a_withdrawn_forecast_of_which_something_is_offered_keeps_that(stage: Stage) -> None:
    """M-FOR-03."""
    stage.forecasts.quarters = 1
    stage.connector.offered = 70
    stage.oracle.round()
    stage.forecasts.are_withdrawn = True
    stage.oracle.round()
    ((_, row),) = stage.connector.recorded.items()
    assert [unit["max_wh"] >= 70 for unit in row["units"]] == [True]
