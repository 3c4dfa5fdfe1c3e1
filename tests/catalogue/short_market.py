"""A market whose slots last seconds, so that a test case sees one from offer to settlement.

Opened as every market is, by two of the governors' keys; all that follows goes over public routes. What the newcomer's
meters count is put there by the simulator's own hand, away from the slot's borders, so that its energy is exact.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import Any

import requests

from deploy.chain.market import PARAMETERS, Market, open_market
from services.shared.wait import wait_until
from tests.catalogue.world import MANAGER, NEWCOMER, UNIT, World, iso

SLOT_S = 30
SOLD_WH, PRODUCED_WH, USED_WH = 600, 1000, 250
_MARGIN_S = 3
_LIVES_S = 600
_PARAMETERS = replace(PARAMETERS, lead_s=8, extend_s=2, settle_gap_s=1, deadline_s=120, retain_s=600)


@dataclass(frozen=True)
class Sale:
    """`slot` in seconds since the epoch; `buyer` is the account that has bought the offer."""

    market: str
    slot: int
    offer_id: int
    account: str
    buyer: str

    @property
    def end(self) -> int:
        return self.slot + SLOT_S


def sell(world: World) -> Sale:
    """Both are registered and have money; the newcomer offers, bidder1 bids, the auction ends."""
    name = "cat" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(9))
    until = (int(time.time()) + _LIVES_S) // SLOT_S * SLOT_S
    open_market(world.system.chain, Market(name, SLOT_S, 3600, until, _PARAMETERS))
    quiet(world)
    world.add_market_unit(name)
    buyer = _register(world, "bidder1", name)
    for role in ("newcomer", "bidder1"):
        world.pay_in(role, name)
    slot = (int(time.time()) + 40) // SLOT_S * SLOT_S + SLOT_S
    world.wait_for_maximum(slot, name)
    offered = {"unit_mastr_nr": UNIT, "slot_start": iso(slot), "energy_wh": SOLD_WH, "start_price_ct_per_kwh": "20"}
    offer = world.made("newcomer", f"{MANAGER}/market/offer", market=name, **offered)["offer_id"]
    world.made("bidder1", f"{MANAGER}/market/bid", market=name, offer_id=offer, price_ct_per_kwh="25")
    schedule(world, slot)
    wait_until(
        lambda: world.got("evu", f"{MANAGER}/market/offer/{offer}", market=name)["status"] == "awarded",
        60,
        every=0.5,
        what="the award of the offer",
    )
    account = world.account()
    assert account is not None
    return Sale(name, slot, offer, str(account["account_name"]), buyer)


def _register(world: World, role: str, market: str) -> str:
    """A box of the first fill takes part in another market, too; gives its account."""
    sub = world.users[role]["sub"]
    record = next(entry for entry in world.items("admin", f"{MANAGER}/participants") if entry["sub"] == sub)
    account = str(record["eos_account"])
    world.made("admin", f"{MANAGER}/eos-account", cls_box_ip=record["cls_box_ip"], account_name=account, market=market)
    return account


def quiet(world: World) -> None:
    """Nothing flows at the newcomer's until something is scheduled."""
    now = int(time.time())
    _put(world, [_stretch("meter1", now, now + 3600, 0)])


def schedule(world: World, slot: int) -> None:
    """What the newcomer's unit produces and his household uses within the slot."""
    begin, end = slot + _MARGIN_S, slot + SLOT_S - _MARGIN_S
    energies = {NEWCOMER.units[0].component: PRODUCED_WH, "meter1": USED_WH}
    _put(world, [_stretch(name, begin, end, wh * 3600 // (end - begin)) for name, wh in energies.items()])


def counters(world: World) -> dict[str, int]:
    """The simulator's own counters, in W x ms."""
    told: dict[str, Any] = requests.get(f"{world.part('openems')}/simulator/state", timeout=10).json()
    return dict(told["energy_w_ms"])


def _put(world: World, stretches: list[dict[str, Any]]) -> None:
    answer = requests.put(f"{world.part('openems')}/simulator/schedule", json=stretches, timeout=10)
    assert answer.status_code == 200, answer.text


def _stretch(component: str, begin: int, end: int, power_w: int) -> dict[str, Any]:
    return {"component": component, "from": iso(begin), "to": iso(end), "power_w": power_w}


def wait_for(seconds: int) -> None:
    """Until a time has come."""
    wait_until(lambda: time.time() >= seconds, max(5.0, seconds - time.time() + 10), what=f"the time {iso(seconds)}")
