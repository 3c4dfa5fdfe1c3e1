"""TC02.5 Balancing group overview: what the utility sees of the local market."""

from __future__ import annotations

from typing import Any

import pytest

from services.shared.wait import wait_until
from tests.catalogue.short_market import PRODUCED_WH, USED_WH, Sale
from tests.catalogue.world import MANAGER, World, iso, moment


@pytest.fixture
def slot(world: World, sale: Sale) -> dict[str, Any]:
    """The slot of the sale, once both boxes have delivered it."""

    def measured() -> dict[str, Any] | None:
        query = {"market": sale.market, "from": iso(sale.slot), "to": iso(sale.end)}
        (found,) = world.got("evu", f"{MANAGER}/balancing-group", **query)["items"]
        return found if found["status"] in ("measured", "settled") else None

    found = wait_until(measured, 120, every=1.0, what="the slot to be measured")
    assert found is not None
    return found


def test_tc02_5_ts01_the_overview_is_there_at_once(world: World) -> None:
    """An EVU signs in and sees the overview; here the call behind the page, for the group EVU only."""
    told = world.got("evu", f"{MANAGER}/balancing-group")
    assert told["market"] == "lem"
    assert told["items"], "today's slots"
    for role in ("newcomer", "admin"):
        assert world.ask(role, "GET", f"{MANAGER}/balancing-group").status_code == 403


def test_tc02_5_ts02_energy_produced_and_consumed_per_slot(world: World, sale: Sale, slot: dict[str, Any]) -> None:
    """Control: what the market's participants produced, fed in and consumed, slot by slot, with totals."""
    assert moment(slot["slot_start"]) == sale.slot
    rows = [row for row in world.rows("tbimarket", "readings", sale.market) if row["key"] >> 32 == sale.slot]
    assert slot["produced_wh"] == sum(unit["produced_wh"] for row in rows for unit in row["units"])
    assert slot["fed_in_wh"] == sum(row["fed_in_wh"] for row in rows)
    assert slot["consumed_wh"] == sum(row["consumed_wh"] for row in rows)
    assert slot["residual_wh"] == slot["fed_in_wh"] - slot["consumed_wh"]
    assert slot["produced_wh"] >= PRODUCED_WH
    assert slot["fed_in_wh"] >= PRODUCED_WH - USED_WH
    query = {"market": sale.market, "from": iso(sale.slot), "to": iso(sale.end)}
    assert world.got("evu", f"{MANAGER}/balancing-group", **query)["totals"]["produced_wh"] == slot["produced_wh"]
    csv = world.ask("evu", "GET", f"{MANAGER}/balancing-group", **query, format="csv")
    assert csv.headers["Content-Type"].startswith("text/csv")
    assert len(csv.text.splitlines()) == 3
