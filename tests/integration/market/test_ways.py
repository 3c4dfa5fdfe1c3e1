"""The other ways to market on a real chain and at real boxes: passive contracts, peer-to-peer deals, the secondary
market and Power2X; from a proposal to what is paid for the energy that the boxes measured and delivered.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import pytest

from services.shared.chain.errors import ContractRefused
from services.shared.times import iso
from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import problem
from tests.integration.market.conftest import opened
from tests.integration.market.derived import at_rest, derived, rebuild
from tests.integration.market.stage import Stage
from tests.integration.market.test_read_model import stream
from tests.integration.market.trading import Floor

HORIZON_S = 80
DEAL, CONTRACT = "/market/p2p", "/market/passive-contract"


@dataclass
class Ways:
    """A market with a short horizon: what lies beyond it can be agreed upon and comes soon."""

    floor: Floor
    seller: str
    buyer: str
    unit: int

    @property
    def mastr_nr(self) -> str:
        return self.floor.stage.boxes["seller"].mastr_nr

    def beyond(self, seconds: int = 25) -> int:
        return self.floor.slot_in(HORIZON_S + seconds)

    def proposal(self, slot: int, price: str = "8.5", **more: Any) -> dict[str, Any]:
        """A passive contract that the EVU proposes."""
        terms = {"unit_mastr_nr": self.mastr_nr, "price_ct_per_kwh": price, "from_slot": iso(slot), **more}
        return self.floor.did("evu", CONTRACT, **terms)

    def deal(self, slot: int, energy_wh: int = 1000, price: str = "25", **more: Any) -> dict[str, Any]:
        return {
            "unit_mastr_nr": self.mastr_nr,
            "buyer_account": self.buyer,
            "slot_start": iso(slot),
            "energy_wh": energy_wh,
            "price_ct_per_kwh": price,
            **more,
        }

    def contract(self, role: str, number: str) -> dict[str, Any]:
        (found,) = [one for one in self.floor.items(role, "/market/passive-contracts") if one["contract_id"] == number]
        return found

    def deliver(self, slot: int) -> None:
        """Asks for the readings of all slots that are over, and waits for both boxes' of this one."""
        chain, market = self.floor.stage.chain, self.floor.market

        def delivered() -> bool:
            with contextlib.suppress(ContractRefused):  # M-EVT-01: all slots that are over have their events
                chain.as_operator("keeper", "tbiclsbox", "senddata", market=market, limit=256)
            rows = chain.client.rows("tbimarket", market, "readings", lower=slot << 32, upper=(slot + 1 << 32) - 1)
            return len(rows) == 2

        wait_until(delivered, 60, every=0.5, what="the readings of both boxes")


@pytest.fixture(scope="module")
def ways(running_stage: Stage) -> Ways:
    floor = opened(running_stage, horizon_s=HORIZON_S, retain_s=3600)
    accounts = [str(running_stage.boxes[role].provisioned["account"]) for role in ("seller", "bidder1")]
    for role in ("seller", "bidder1"):
        running_stage.boxes[role].wait_for_sampling()
    return Ways(floor, accounts[0], accounts[1], floor.unit("seller"))


def test_m_pas_03_the_owner_accepts_what_he_has_read(ways: Ways) -> None:
    floor, slot = ways.floor, ways.beyond(600)
    problem(floor.ask("seller", "POST", CONTRACT, {}), 403)
    early = {"unit_mastr_nr": ways.mastr_nr, "price_ct_per_kwh": "8", "from_slot": iso(floor.slot_in(20))}
    assert problem(floor.ask("evu", "POST", CONTRACT, early), 409)["rule"] == "M-PAS-04"
    made = ways.proposal(slot, until_slot=iso(slot + 200))
    number = made["contract_id"]
    assert (made["status"], made["unit_id"], made["owner_account"]) == ("proposed", ways.unit, ways.seller)
    assert ways.contract("evu", number) == {name: made[name] for name in ways.contract("evu", number)}
    seen = ways.contract("seller", number)
    assert (seen["mine"], seen["unit_mastr_nr"], seen["accept_before"]) == (True, ways.mastr_nr, iso(slot - HORIZON_S))
    assert floor.items("bidder1", "/market/passive-contracts") == []
    accept = f"{CONTRACT}/{number}/accept"
    problem(floor.ask("bidder1", "POST", accept, {"price_ct_per_kwh": "8.5"}), 403, "not yours")
    other = {"price_ct_per_kwh": "8.4999", "until_slot": seen["until_slot"]}
    assert problem(floor.ask("seller", "POST", accept, other), 409, "M-PAS-03")["rule"] == "M-PAS-03"
    terms = {"price_ct_per_kwh": seen["price_ct_per_kwh"], "until_slot": seen["until_slot"]}
    first = floor.ask("seller", "POST", accept, terms, key="accept-1")
    assert (first.status_code, first.json()["status"]) == (201, "accepted"), first.text
    assert floor.ask("seller", "POST", accept, terms, key="accept-1").json() == first.json()
    assert ways.contract("evu", number)["accepted_at"] is not None
    wait_until(lambda: ways.contract("evu", number)["irreversible"], 20, what="the contract to be irreversible")
    assert [one["contract_id"] for one in floor.items("seller", "/market/passive-contracts", status="accepted")] == [
        number
    ]
    for end, rule in ((floor.slot_in(20), "M-PAS-05"), (slot + 300, "M-PAS-05")):
        answer = floor.ask("seller", "POST", f"{CONTRACT}/{number}/end", {"end_slot": iso(end)})
        assert problem(answer, 409)["rule"] == rule
    cut = floor.did("seller", f"{CONTRACT}/{number}/end", end_slot=iso(slot + 20))
    assert (cut["status"], cut["until_slot"]) == ("accepted", iso(slot + 20))
    never = floor.did("evu", f"{CONTRACT}/{number}/end", end_slot=iso(slot))
    assert never["status"] == "ended"
    assert floor.stage.chain.client.rows("tbimarket", floor.market, "passives") == []


def test_m_pas_03_either_drops_a_proposal_and_a_new_one_replaces_it(ways: Ways) -> None:
    floor, slot = ways.floor, ways.beyond(900)
    first, second = ways.proposal(slot), ways.proposal(slot, "9")
    wait_until(
        lambda: ways.contract("seller", first["contract_id"])["status"] == "dropped", 20, what="the old one to be gone"
    )
    accept = f"{CONTRACT}/{first['contract_id']}/accept"
    assert problem(floor.ask("seller", "POST", accept, {"price_ct_per_kwh": "8.5"}), 409)["rule"] == "M-PAS-03"
    refused = floor.ask("seller", "DELETE", f"{CONTRACT}/{second['contract_id']}")
    assert (refused.status_code, refused.json()["status"]) == (200, "dropped"), refused.text
    third = ways.proposal(slot)
    taken_back = floor.ask("evu", "DELETE", f"{CONTRACT}/{third['contract_id']}")
    assert (taken_back.status_code, taken_back.json()["status"]) == (200, "dropped")
    again = floor.ask("evu", "DELETE", f"{CONTRACT}/{third['contract_id']}")
    assert problem(again, 409)["rule"] == "M-PAS-03"
    problem(floor.ask("evu", "DELETE", f"{CONTRACT}/7-{'0' * 16}"), 404, "no passive contract")
    assert floor.stage.chain.client.rows("tbimarket", floor.market, "passprops") == []


def test_m_p2p_01_who_proposes_to_whom(ways: Ways) -> None:
    floor, slot = ways.floor, ways.floor.slot_in(50)
    floor.forecast(ways.unit, slot, 1500)
    problem(floor.ask("bidder1", "POST", DEAL, ways.deal(slot)), 403, "not yours")
    problem(floor.ask("seller", "POST", DEAL, ways.deal(slot, buyer_account="nobodyatall1")), 404, "no participant")
    itself = floor.ask("seller", "POST", DEAL, ways.deal(slot, buyer_account=ways.seller))
    assert problem(itself, 409)["rule"] == "M-P2P-01"
    assert problem(floor.ask("seller", "POST", DEAL, ways.deal(slot, 1501)), 409)["rule"] == "M-OFF-03"
    made = floor.did("seller", DEAL, **ways.deal(slot))
    number = made["deal_id"]
    assert (made["status"], made["role"], made["amount_eur"]) == ("proposed", "seller", "0.250000")
    (seen,) = floor.items("bidder1", "/market/p2ps", status="proposed")
    assert (seen["deal_id"], seen["role"], seen["unit_mastr_nr"]) == (number, "buyer", None)
    assert seen["seller_account"] == ways.seller
    (of_evu,) = floor.items("evu", "/market/p2ps", slot_start=iso(slot))
    assert (of_evu["role"], of_evu["unit_mastr_nr"]) == (None, ways.mastr_nr)
    assert floor.items("evu", "/market/p2ps", mine="true") == []
    problem(floor.ask("seller", "POST", f"{DEAL}/{number}/accept", {"energy_wh": 1000, "price_ct_per_kwh": "25"}), 403)
    cheaper = {"energy_wh": 1000, "price_ct_per_kwh": "24"}
    assert problem(floor.ask("bidder1", "POST", f"{DEAL}/{number}/accept", cheaper), 409)["rule"] == "M-P2P-01"
    refused = floor.ask("bidder1", "DELETE", f"{DEAL}/{number}")
    assert (refused.status_code, refused.json()["status"]) == (200, "dropped"), refused.text
    assert problem(floor.ask("seller", "DELETE", f"{DEAL}/{number}"), 409)["rule"] == "M-P2P-02"
    problem(floor.ask("evu", "DELETE", f"{DEAL}/{number}"), 403)
    problem(floor.ask("seller", "DELETE", f"{DEAL}/{ways.unit}-1"), 404, "no deal")


def test_from_a_deal_and_a_passive_contract_to_what_is_minted(ways: Ways) -> None:
    """One story: a slot is sold to a partner, a later one goes to the EVU, which mints for it what it may."""
    floor, passive_slot = ways.floor, ways.beyond()
    contract = ways.proposal(passive_slot)
    floor.did("seller", f"{CONTRACT}/{contract['contract_id']}/accept", price_ct_per_kwh="8.5")
    slot = floor.slot_in(30)
    assert slot < passive_slot
    floor.forecast(ways.unit, slot, 2000)
    locked = float(floor.got("bidder1", "/market/account")["locked_eur"])
    with stream(floor, "evu") as events:
        next(events)
        deal = floor.did("seller", DEAL, **ways.deal(slot))
        bought = floor.did("bidder1", f"{DEAL}/{deal['deal_id']}/accept", energy_wh=1000, price_ct_per_kwh="25")
        about = {"deal_id": deal["deal_id"], "market": floor.market}
        told = [next(event for event in events if event[2].get("deal_id") == deal["deal_id"]) for _ in range(2)]
    assert [(kind, data) for _, kind, data in told] == [
        ("p2p", {**about, "status": status}) for status in ("proposed", "accepted")
    ]
    assert (bought["status"], bought["role"]) == ("accepted", "buyer")
    assert float(floor.got("bidder1", "/market/account")["locked_eur"]) == locked + 0.25
    floor.until_offer(bought["offer_id"], "awarded")
    assert problem(floor.ask("seller", "POST", DEAL, ways.deal(slot)), 409)["rule"] == "M-PAS-02"
    seller, buyer = (floor.stage.boxes[role] for role in ("seller", "bidder1"))
    component = seller.plan.units[0].component
    seller.schedule((component, slot, 800), (component, passive_slot, 2500))
    buyer.schedule(("meter1", slot, 600))

    floor.wait_for_time(slot + floor.slot_s + 1)
    ways.deliver(slot)
    floor.keeps("settle", offer=bought["offer_id"])
    floor.keeps("sweep", slot=slot, point=_point(ways))
    settled = wait_until(
        lambda: _settled(floor.items("bidder1", "/market/p2ps", slot_start=iso(slot))), 20, what="the deal's settlement"
    )
    assert settled["offer_id"] == bought["offer_id"]
    (balance,) = floor.items("bidder1", "/market/balances")
    assert {name: balance[name] for name in ("delivered_wh", "consumed_wh", "difference_wh")} == {
        "delivered_wh": 800,
        "consumed_wh": 600,
        "difference_wh": 200,
    }

    floor.wait_for_time(passive_slot + floor.slot_s + 1)
    assert ways.contract("seller", contract["contract_id"])["status"] == "running"
    ways.deliver(passive_slot)
    floor.keeps("sweep", slot=passive_slot, point=_point(ways))
    query = {"from": iso(slot), "to": iso(passive_slot + floor.slot_s)}
    problem(floor.ask("seller", "GET", "/market/secondary", **query), 403)

    def taken_over() -> dict[str, dict[str, Any]] | None:
        found = {one["slot_start"]: one for one in floor.items("evu", "/market/secondary", **query)}
        return found if len(found) == 2 else None

    items = wait_until(taken_over, 20, what="what was taken over")
    assert (items[iso(slot)]["unused_wh"], items[iso(slot)]["taken_over_wh"]) == (200, 200)
    passive = items[iso(passive_slot)]
    assert (passive["passive_wh"], passive["swept_wh"], passive["passive_eur"]) == (2500, 0, "0.212500")
    assert floor.got("evu", "/market/secondary", **query)["totals"]["taken_over_wh"] == 2700
    _mint(ways, passive_slot)
    problem(floor.ask("seller", "POST", f"{CONTRACT}/{contract['contract_id']}/end", {"end_slot": query["to"]}), 409)


def _mint(ways: Ways, slot: int) -> None:
    floor = ways.floor
    before = floor.got("evu", "/market/p2x")
    (can,) = [one for one in before["slots"] if one["slot_start"] == iso(slot)]
    assert (can["taken_over_wh"], can["minted_wh"], can["mintable_kwh"]) == (2500, 0, 2)
    problem(floor.ask("seller", "POST", "/market/p2x", {"slot_start": iso(slot), "kwh": 1}), 403)
    body = {"slot_start": iso(slot), "kwh": 2}
    first = floor.ask("evu", "POST", "/market/p2x", body, key="mint-1")
    assert first.status_code == 201, first.text
    assert floor.ask("evu", "POST", "/market/p2x", body, key="mint-1").json() == first.json()
    over = floor.ask("evu", "POST", "/market/p2x", {"slot_start": iso(slot), "kwh": 1})
    assert problem(over, 409)["rule"] == "M-P2X-01"

    def minted() -> dict[str, Any] | None:
        found = floor.got("evu", "/market/p2x")
        return found if found["history"] else None

    after = wait_until(minted, 20, what="the mint in the history")
    assert (after["ptx_balance"], after["mintable_kwh"]) == (before["ptx_balance"] + 2, before["mintable_kwh"] - 2)
    (entry,) = after["history"]
    assert (entry["slot_start"], entry["kwh"]) == (iso(slot), 2)
    assert entry["transaction_id"] == first.json()["transaction_id"]


def test_r9_all_ways_are_rebuilt_equal_after_the_read_models_loss(ways: Ways) -> None:
    before = wait_until(lambda: at_rest(ways.floor), 40, every=1, what="a chain without news")
    for kind in ("passives", "deals", "takeovers", "mints"):
        assert before[kind], kind
    rebuild(ways.floor)
    wait_until(lambda: derived(ways.floor) == before, 60, every=0.5, what="the same documents")


def _point(ways: Ways) -> int:
    (row,) = ways.floor.stage.chain.client.rows(
        "tbiclsbox", ways.floor.market, "units", lower=ways.unit, upper=ways.unit
    )
    return int(row["point"])


def _settled(deals: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((deal for deal in deals if deal["offer_status"] == "settled"), None)
