"""TC02.4 Trigger and execution of the event (send_data): what the newcomer's box measures comes to the chain.

Two calls are those of the Thunder collection (docs/thunder). The slot is one of a market of short slots, see
short_market.py; the event is raised by hand before the keeper raises it.
"""

from __future__ import annotations

from typing import Any

import pytest

from services.shared.wait import wait_until
from tests.catalogue import short_market
from tests.catalogue.short_market import PRODUCED_WH, SOLD_WH, USED_WH, Sale
from tests.catalogue.world import CHAIN, MANAGER, NEWCOMER, UNIT, World, iso, iso_day, moment


@pytest.fixture(scope="module")
def token(world: World) -> str:
    """TS01's answer."""
    return str(login(world)["token"])


@pytest.fixture(scope="module")
def before(world: World, sale: Sale) -> dict[str, int]:
    """The simulator's own counters before anything flows in the slot."""
    return short_market.counters(world)


@pytest.fixture(scope="module")
def event(world: World, token: str, sale: Sale, before: dict[str, int]) -> dict[str, Any]:
    """TS02's answer."""
    body = {
        "market": sale.market,
        "account": "tbiAdmin",
        "event_type": "send_data",
        "unit_or_meter": UNIT,
        "slot_start": iso(sale.slot),
        "energy_wh": SOLD_WH,
        "buyer_account": sale.buyer,
    }
    return world.answered(world.ask(None, "POST", f"{CHAIN}/performer/trigger-event", body, token=token), 200)


def login(world: World) -> dict[str, Any]:
    user = world.users["machine"]
    body = {"email": user["email"], "password": user["password"]}
    return world.answered(world.ask(None, "POST", f"{CHAIN}/auth/login", body), 200)


def test_tc02_4_ts01_a_token_for_e_mail_and_password(world: World) -> None:
    """`auth/login` of the Thunder collection."""
    token = str(login(world)["token"])
    answer = world.ask(None, "GET", f"{CHAIN}/reader/info", token=token)
    assert answer.status_code == 200
    wrong = {"email": world.users["machine"]["email"], "password": "wrong"}
    assert world.ask(None, "POST", f"{CHAIN}/auth/login", wrong).status_code == 401
    assert world.ask(None, "GET", f"{CHAIN}/reader/info").status_code == 401


def test_tc02_4_ts02_the_event_is_on_the_chain(world: World, sale: Sale, event: dict[str, Any]) -> None:
    """`performer/trigger-event` of the Thunder collection; the unit is given by its MaStR number."""
    trace = world.got("evu", f"{CHAIN}/reader/transaction/{event['transaction_id']}")
    assert trace["block_num"] == event["block_num"]
    (raised,) = [action for action in trace["actions"] if (action["account"], action["name"]) == ("tbiclsbox", "raise")]
    data = raised["data"]
    assert (data["market"], data["box"], data["slot"]) == (sale.market, sale.account, sale.slot)
    assert (data["kind"], data["energy_wh"], data["buyer"]) == ("senddata", SOLD_WH, sale.buyer)


@pytest.mark.usefixtures("event")
def test_tc02_4_ts03_the_box_has_delivered_what_its_meters_counted(
    world: World, sale: Sale, before: dict[str, int]
) -> None:
    """Watcher, CLS-Box-Logic, OpenEMS, TPM, chain; then a person sees the processed data at the portal.

    What stands on the chain and what the portal shows is held against the simulator's own counters.
    """
    produced, fed_in, consumed = (counted(world, sale, before)[name] for name in ("produced", "fed_in", "consumed"))
    assert (produced, fed_in, consumed) == (PRODUCED_WH, PRODUCED_WH - USED_WH, 0)

    def delivered() -> dict[str, Any] | None:
        rows = world.rows("tbimarket", "readings", sale.market)
        return next((row for row in rows if row["box"] == sale.account and row["key"] >> 32 == sale.slot), None)

    row = wait_until(delivered, 60, every=0.5, what="the reading on the chain")
    assert row is not None
    (unit,) = row["units"]
    assert (unit["produced_wh"], row["fed_in_wh"], row["consumed_wh"]) == (produced, fed_in, consumed)

    day = {"unit_mastr_nr": UNIT, "date": iso_day(sale.slot + 3600), "market": sale.market}

    def shown() -> dict[str, Any] | None:
        told = world.got("newcomer", f"{MANAGER}/market/day", **day)["items"]
        found = next((entry for entry in told if moment(entry["slot_start"]) == sale.slot), None)
        return found if found is not None and found["reading"] is not None else None

    portal = wait_until(shown, 30, every=0.5, what="the reading at the portal")
    assert portal is not None
    assert (portal["produced_wh"], portal["fed_in_wh"], portal["consumed_wh"]) == (produced, fed_in, consumed)
    assert (portal["sold_wh"], portal["reading"]) == (SOLD_WH, "on_time")

    def settled() -> dict[str, Any] | None:
        told = world.items("newcomer", f"{MANAGER}/market/balances", mine="true", market=sale.market)
        found = next((entry for entry in told if entry["offer_id"] == sale.offer_id), None)
        return found if found is not None and found["status"] == "settled" else None

    balance = wait_until(settled, 90, every=1.0, what="the settlement of the sold offer")
    assert balance is not None
    assert (balance["sold_wh"], balance["delivered_wh"], balance["produced_wh"]) == (SOLD_WH, SOLD_WH, produced)


def counted(world: World, sale: Sale, before: dict[str, int]) -> dict[str, int]:
    """What the simulator counted in the slot, in Wh: nothing flows but what was scheduled for it."""
    short_market.wait_for(sale.end)
    after = short_market.counters(world)
    names = {"produced": NEWCOMER.units[0].component, "fed_in": "sell", "consumed": "buy"}
    return {name: (after[key] - before[key]) // 3_600_000 for name, key in names.items()}
