"""TC02.3 Place bid: bidder1 bids for an offer of the newcomer's."""

from __future__ import annotations

import time
from typing import Any

import pytest

from services.shared.wait import wait_until
from tests.catalogue.world import LEM, MANAGER, QUARTER_S, UNIT, World, iso

LOW, HIGH = "22.0000", "24.5000"


@pytest.fixture(scope="module")
def offer(world: World, forecast: None) -> int:
    """TC02.2 passed: an offer that is open."""
    world.pay_in("newcomer")
    slot = (int(time.time()) + 3600) // QUARTER_S * QUARTER_S + QUARTER_S
    world.wait_for_maximum(slot)
    body = {"unit_mastr_nr": UNIT, "slot_start": iso(slot), "energy_wh": 200, "start_price_ct_per_kwh": "20"}
    return int(world.made("newcomer", f"{MANAGER}/market/offer", **body)["offer_id"])


@pytest.fixture(scope="module")
def bid(world: World, offer: int) -> dict[str, Any]:
    """The bid that TS02 places, above one of bidder2's."""
    world.made("bidder2", f"{MANAGER}/market/bid", offer_id=offer, price_ct_per_kwh=LOW)
    return world.made("bidder1", f"{MANAGER}/market/bid", offer_id=offer, price_ct_per_kwh=HIGH)


def test_tc02_3_ts01_the_available_offers_are_shown(world: World, offer: int) -> None:
    """A person opens "Gebot erstellen"; here the open offers behind it."""

    def listed() -> bool:
        offers = world.items("bidder1", f"{MANAGER}/market/offers", status="open")
        return offer in [entry["offer_id"] for entry in offers]

    wait_until(listed, 20, every=0.5, what="the offer in the list")


def test_tc02_3_ts02_a_bid_above_the_highest_is_placed(world: World, offer: int, bid: dict[str, Any]) -> None:
    """A person chooses an offer and a price; it is signed by the TPM of his own box."""
    assert bid["transaction_id"]
    (row,) = [row for row in world.rows("tbimarket", "offers", LEM) if row["id"] == offer]
    assert row["bid_price"] == 24_5000
    for price in (LOW, HIGH):
        body = {"offer_id": offer, "price_ct_per_kwh": price}
        answer = world.ask("bidder2", "POST", f"{MANAGER}/market/bid", body)
        assert answer.status_code == 409, answer.text
    own = {"offer_id": offer, "price_ct_per_kwh": "30"}
    assert world.ask("newcomer", "POST", f"{MANAGER}/market/bid", own).status_code == 409


@pytest.mark.usefixtures("bid")
def test_tc02_3_ts03_the_bid_is_in_the_overview(world: World, offer: int) -> None:
    """A person looks at the overview of bids; of others only price and time are shown."""

    def listed() -> list[dict[str, Any]] | None:
        found = world.items("bidder1", f"{MANAGER}/market/bids", offer_id=offer)
        return found if len(found) == 2 else None

    bids = wait_until(listed, 30, every=0.5, what="both bids in the list")
    assert bids is not None
    shown = {(entry["price_ct_per_kwh"], entry["mine"], entry["bidder_account"] is None) for entry in bids}
    assert shown == {(HIGH, True, False), (LOW, False, True)}
    mine = world.items("bidder1", f"{MANAGER}/market/bids", mine="true")
    assert offer in [entry["offer_id"] for entry in mine]
