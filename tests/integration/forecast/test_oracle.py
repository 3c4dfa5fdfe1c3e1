"""The oracle on a real chain: from a workbook to the maximum that the contract holds offers to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.chain import market as chain_market
from deploy.chain.market import Participant, Point, salted
from services.forecast_connector.domain.times import LOCAL, iso
from services.shared.chain.errors import ContractRefused
from services.shared.wait import wait_until
from simulators.forecasts.region import Column, forecast
from tests.integration.box.processes import Program, module
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, SoftR1Signer, Trader, random_name
from tests.integration.forecast.records import Household
from tests.integration.forecast.system import PLANT, System

SALT, SERIAL = "00ff" * 8, "1TBI0000000099"
AHEAD, SLOT_S, LEAD_S = 4, 60, 5


class Stage:
    """A market with one seller, the cloud side's connector, and the oracle."""

    def __init__(self, chain: Chain, system: System, folder: Path) -> None:
        self.chain, self.system = chain, system
        self.market = chain.open_market(SLOT_S, lead_s=LEAD_S)
        household = Household("seller", SALT, SERIAL, (PLANT.mastr_nr,))
        self.seller = self.register(self.market, household)
        system.records.tell(household)
        (folder / "connector").mkdir()
        keys = {"TBI_KEYS_DIR": str(chain.keys_dir)}
        self.connector = Connector(folder / "connector", chain.node.url, system.pool, **keys)
        self.state = folder / "oracle"
        environment = {
            **system.environment,
            "TBI_CONNECTOR_URL": self.connector.url,
            "TBI_STATE_DIR": str(self.state),
            "TBI_ORACLE_MARKETS": self.market,
            "TBI_ORACLE_SLOTS_AHEAD": str(AHEAD),
            "TBI_ORACLE_INTERVAL_S": "0.3",
        }
        self._folder, self._environment = folder, environment
        self.oracle = self._oracle()
        self._issues = 0

    def close(self) -> None:
        self.oracle.end()
        self.connector.process.stop()

    def issue(self, generation_kwh: float) -> None:
        """A newer forecast for today and tomorrow: the same generation in every quarter hour."""
        self._issues += 1
        today = datetime.now(LOCAL).date()
        issued = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=self._issues)
        for number in range(2):
            made = forecast(today + timedelta(days=number), (PLANT,), issued_at=issued)
            constant = Column("PV", (generation_kwh,) * len(made.quarters), PLANT.mastr_nr)
            day = replace(made, columns=(constant, *made.columns[1:]))
            self.system.put(f"prognose{number}.xlsx", day)
        assert len(self.system.update()["imported"]) == 2

    def rows(self) -> dict[int, dict[str, Any]]:
        """What is recorded for slots whose gate is open, by slot."""
        now = self.chain.now()
        rows = self.chain.client.rows("tbimarket", self.market, "forecasts")
        return {row["key"] >> 32: row for row in rows if (row["key"] >> 32) - LEAD_S > now + 2}

    def maxima(self) -> set[int]:
        return {row["units"][0]["max_wh"] for row in self.rows().values()}

    def is_filled(self) -> bool:
        return len(self.rows()) >= AHEAD - 1

    def heartbeat(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.state / "oracle.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def offer(self, slot: int, energy_wh: int, key: int) -> None:
        action = {"market": self.market, "seller": self.seller.account, "unit": self.seller.unit, "slot": slot}
        order = {"energy_wh": energy_wh, "start_price": 320_000, "key": key}
        self.chain.push_as(self.seller, "tbimarket", "offer", **action, **order)

    def restart_oracle(self, *, markets: str, interval_s: str) -> None:
        self.oracle.end()
        self._environment |= {"TBI_ORACLE_MARKETS": markets, "TBI_ORACLE_INTERVAL_S": interval_s}
        self.oracle = self._oracle()
        self.oracle.start()

    def register(self, market: str, household: Household) -> Trader:
        """The household's box, participant, meter and units on the chain."""
        name, signer = random_name("t"), SoftR1Signer()
        hashes = tuple(salted(household.salt, number) for number in household.units)
        point = Point(salted(household.salt, household.serial_number), units=hashes)
        registered = chain_market.register_participant(
            self.chain.governance, market, Participant(name, signer.public_key, (point,))
        )
        return Trader(market, name, signer, registered)

    def _oracle(self) -> Program:
        return Program(module("services.forecast_connector.oracle"), self._environment, self._folder / "oracle.log")


@pytest.fixture
def stage(chain: Chain, system: System, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(chain, system, tmp_path)
    try:
        made.connector.start()
        yield made
    finally:
        made.close()


def test_m_ram_03_maxima_are_recorded_just_in_time_and_equal_those_of_the_service(stage: Stage) -> None:
    stage.issue(1.0)
    stage.oracle.start()
    wait_until(stage.is_filled, 30, what="the recordings")
    rows = stage.rows()
    assert len(rows) <= AHEAD + 1
    assert max(rows) <= stage.chain.now() + (AHEAD + 1) * SLOT_S
    for slot, row in rows.items():
        said = stage.system.get("/max-offer", mastr_nr=PLANT.mastr_nr, slot_start=iso(slot), slot_s=SLOT_S).json()
        assert row["consumption_wh"] == said["consumption_wh"] > 0
        (unit,) = row["units"]
        assert (unit["generation_wh"], unit["max_wh"]) == (said["generation_wh"], said["max_energy_wh"])
        assert unit["max_wh"] == 1000 - row["consumption_wh"]


def test_m_off_03_an_offer_up_to_the_maximum_is_taken_and_one_beyond_refused(stage: Stage) -> None:
    stage.issue(1.0)
    stage.oracle.start()
    wait_until(stage.is_filled, 30, what="the recordings")
    slot = max(stage.rows())
    maximum = stage.rows()[slot]["units"][0]["max_wh"]
    with pytest.raises(ContractRefused, match="M-OFF-03"):
        stage.offer(slot, maximum + 1, 1)
    stage.offer(slot, maximum, 2)
    with pytest.raises(ContractRefused, match="M-OFF-03"):
        stage.offer(slot, 1, 3)


def test_m_for_03_a_newer_forecast_revises_but_never_below_what_is_offered(stage: Stage) -> None:
    stage.issue(1.0)
    stage.oracle.start()
    wait_until(stage.is_filled, 30, what="the recordings")
    slot = max(stage.rows())
    stage.offer(slot, 600, 1)
    stage.issue(0.5)

    def revised() -> bool:
        rows = stage.rows()
        return all(row["units"][0]["generation_wh"] == 500 for row in rows.values()) and slot in rows

    wait_until(revised, 30, what="the revision")
    rows = stage.rows()
    assert rows[slot]["units"][0]["max_wh"] == rows[slot]["units"][0]["offered_wh"] == 600
    assert all(row["units"][0]["max_wh"] <= 500 for other, row in rows.items() if other != slot)
    assert stage.heartbeat()["refused"] == 0


def test_all_markets_are_served_and_short_slots_stand_well_before_their_gate(stage: Stage) -> None:
    """Four points and slots of 20 s whose gate closes 6 s before: each stands a slot and more before its gate."""
    slot_s, lead_s = 20, 6
    market = stage.chain.open_market(slot_s, lead_s=lead_s)
    households = [Household(f"s{n}", f"{n:02x}" * 16, f"1TBI{n}", (PLANT.mastr_nr,)) for n in range(1, 5)]
    for one in households:
        stage.register(market, one)
    stage.system.records.tell(*households)
    stage.issue(1.0)
    stage.restart_oracle(markets="*", interval_s="5")

    def whole() -> set[int]:
        rows = stage.chain.client.rows("tbimarket", market, "forecasts")
        slots = [row["key"] >> 32 for row in rows]
        return {slot for slot in slots if slots.count(slot) == len(households)}

    first = wait_until(whole, 60, what="the first recordings")
    assert first is not None
    ahead = wait_until(lambda: whole() - first, 60, every=0.2, what="a further slot")
    assert ahead is not None
    assert min(ahead) - lead_s - stage.chain.now() >= (AHEAD - 2) * slot_s
    assert stage.heartbeat()["refused"] == 0


def test_a_restart_records_nothing_again_and_goes_on(stage: Stage) -> None:
    stage.issue(1.0)
    stage.oracle.start()
    wait_until(stage.is_filled, 30, what="the recordings")
    stage.oracle.kill()
    before = stage.heartbeat().get("pid")
    stage.oracle.start()
    wait_until(lambda: stage.heartbeat().get("pid") != before, 20, what="a new heartbeat")
    newest = max(stage.rows())
    assert stage.heartbeat()["recorded"] <= 1
    assert stage.heartbeat()["error"] is None
    wait_until(lambda: max(stage.rows()) > newest, SLOT_S + 20, every=0.5, what="the next slot")


def test_an_oracle_without_its_connector_says_so_and_makes_it_good_later(stage: Stage) -> None:
    stage.issue(1.0)
    stage.connector.process.kill()
    stage.oracle.start()
    wait_until(lambda: stage.heartbeat().get("error"), 20, what="an error in the heartbeat")
    assert "does not answer" in stage.heartbeat()["error"]
    assert stage.rows() == {}
    stage.connector.start()
    wait_until(stage.is_filled, 30, what="the recordings")
    wait_until(lambda: stage.heartbeat()["error"] is None, 20, what="a sound heartbeat")
