"""Offers, bids and money over HTTP: the routes, a real box that signs, a real chain that decides."""

from __future__ import annotations

from typing import Any

from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import problem
from tests.integration.market.trading import RICH, Floor


def test_money_comes_in_is_shown_and_goes_out(floor: Floor) -> None:
    before = floor.got("bidder1", "/market/account")
    assert (before["available_eur"], before["locked_eur"], before["wallet_eur"]) == (RICH, "0.000000", "0.000000")
    moved = floor.did("bidder1", "/market/withdraw", amount_eur="12.5")
    assert (moved["amount_eur"], moved["eos_account"]) == ("12.500000", before["eos_account"])
    after = floor.got("bidder1", "/market/account")
    assert (after["available_eur"], after["wallet_eur"]) == ("487.500000", "12.500000")
    told = problem(floor.ask("bidder1", "POST", "/market/withdraw", {"amount_eur": "10000"}), 409, "M-LED-02")
    assert told["rule"] == "M-LED-02"
    problem(floor.ask("bidder1", "POST", "/market/deposit", {"amount_eur": "13"}), 409, "M-TOK-03")
    problem(floor.ask("bidder1", "POST", "/market/deposit", {"amount_eur": "0"}), 400, "above 0")
    floor.did("bidder1", "/market/deposit", amount_eur="12.5")

    def history() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = floor.got("bidder1", "/market/account")["history"]
        return found if len(found) >= 4 else None

    kinds = [entry["kind"] for entry in wait_until(history, 20, what="what is irreversible")]
    assert kinds[:4] == ["deposit", "withdrawal", "deposit", "received"]


def test_m_led_01_who_credits_whom(floor: Floor) -> None:
    sub = floor.stage.identity.user("seller")["sub"]
    body = {"amount_eur": "1", "participant_sub": sub}
    problem(floor.ask("bidder1", "POST", "/market/deposit", body), 403, "nly the EVU")
    problem(floor.ask("evu", "POST", "/market/deposit", {**body, "participant_sub": "nobody"}), 404, "no such")
    problem(floor.ask("evu", "POST", "/market/deposit", {**body, "eos_account": "x"}), 400, "leave one")
    problem(floor.ask("evu", "POST", "/market/deposit", {"amount_eur": "1", "eos_account": "tbiadmin"}), 404)
    wallet = floor.got("seller", "/market/account")["wallet_eur"]
    first = floor.ask("evu", "POST", "/market/deposit", body, key="credit-1")
    again = floor.ask("evu", "POST", "/market/deposit", body, key="credit-1")
    assert (first.status_code, again.json()) == (201, first.json())
    assert float(floor.got("seller", "/market/account")["wallet_eur"]) == float(wallet) + 1
    before = floor.got("evu", "/market/account")["available_eur"]
    floor.did("evu", "/market/deposit", amount_eur="2.25")
    assert float(floor.got("evu", "/market/account")["available_eur"]) == float(before) + 2.25
    floor.did("evu", "/market/withdraw", amount_eur="0.25")


def test_tc02_2_an_offer_is_placed_once_and_shown_at_once(floor: Floor) -> None:
    slot = floor.slot_in(900)
    floor.forecast(floor.unit("seller"), slot, 3000)
    body = floor.offer_body(slot, 1000, "18.5")
    first = floor.ask("seller", "POST", "/market/offer", body, key="offer-1")
    assert first.status_code == 201, first.text
    made = first.json()
    shown = floor.got("seller", f"/market/offer/{made['offer_id']}")
    assert shown == {name: value for name, value in made.items() if name in shown}
    assert (shown["status"], shown["mine"], shown["highest_bid_ct_per_kwh"]) == ("open", True, None)
    assert (shown["unit_mastr_nr"], shown["start_price_ct_per_kwh"]) == (body["unit_mastr_nr"], "18.5000")
    again = floor.ask("seller", "POST", "/market/offer", body, key="offer-1")
    assert (again.status_code, again.json()) == (201, made)
    problem(floor.ask("seller", "POST", "/market/offer", {**body, "energy_wh": 1}, key="offer-1"), 409)
    (listed,) = floor.items("bidder1", "/market/offers", slot_start=body["slot_start"], status="open")
    assert (listed["unit_mastr_nr"], listed["seller_account"], listed["mine"]) == (None, None, False)
    (of_evu,) = floor.items("evu", "/market/offers", slot_start=body["slot_start"])
    assert of_evu["unit_mastr_nr"] == body["unit_mastr_nr"]
    assert floor.items("bidder1", "/market/offers", slot_start=body["slot_start"], mine="true") == []
    told = problem(floor.ask("seller", "POST", "/market/offer", {**body, "energy_wh": 2001}), 409, "M-OFF-03")
    assert told["rule"] == "M-OFF-03"
    past = {**body, "slot_start": "2026-01-01T00:00:00Z"}
    assert problem(floor.ask("seller", "POST", "/market/offer", past), 409)["rule"] == "M-OFF-02"


def test_m_off_01_only_of_own_units(floor: Floor) -> None:
    body = floor.offer_body(floor.slot_in(900))
    problem(floor.ask("bidder1", "POST", "/market/offer", body), 403, "not yours")
    problem(floor.ask("evu", "POST", "/market/offer", body), 403)
    missing = {**body, "unit_mastr_nr": "SEE900000000997"}
    assert floor.ask("seller", "POST", "/market/offer", missing).status_code in (400, 404)
    bad = floor.ask("seller", "POST", "/market/offer", {**body, "slot_start": "tomorrow"})
    assert "slot_start" in problem(bad, 400)["errors"]


def test_tc02_3_bids_are_shown_at_once_and_only_higher_ones_count(floor: Floor) -> None:
    slot = floor.slot_in(960)
    floor.forecast(floor.unit("seller"), slot)
    offer = floor.offer(slot)["offer_id"]

    def bid(role: str, price: str) -> Any:
        return floor.ask(role, "POST", "/market/bid", {"offer_id": offer, "price_ct_per_kwh": price})

    assert problem(bid("seller", "25"), 409, "M-BID-03")["rule"] == "M-BID-03"
    placed = bid("bidder1", "25")
    assert placed.status_code == 201, placed.text
    assert (placed.json()["highest_bid_ct_per_kwh"], placed.json()["price_ct_per_kwh"]) == ("25.0000", "25.0000")
    (mine,) = floor.items("bidder1", "/market/bids", mine="true", offer_id=offer)
    assert (mine["price_ct_per_kwh"], mine["is_highest"], mine["mine"]) == ("25.0000", True, True)
    locked = floor.got("bidder1", "/market/account")["locked_eur"]
    assert float(locked) >= 0.25
    assert problem(bid("bidder1", "24.9999"), 409)["rule"] == "M-BID-02"
    assert bid("evu", "30").status_code == 201
    assert float(floor.got("bidder1", "/market/account")["locked_eur"]) == float(locked) - 0.25
    bids = floor.items("seller", "/market/bids", offer_id=offer)
    assert sorted(one["price_ct_per_kwh"] for one in bids) == ["25.0000", "30.0000"]
    assert {one["bidder_account"] for one in bids} == {None}
    shown = floor.got("evu", f"/market/offer/{offer}")
    assert (shown["highest_bid_is_mine"], shown["buyer_account"]) == (True, "tbievu")
    problem(floor.ask("seller", "DELETE", f"/market/offer/{offer}"), 409, "M-OFF-05")
    wait_until(
        lambda: all(one["irreversible"] for one in floor.items("evu", "/market/bids", offer_id=offer)),
        20,
        what="the bids to be confirmed by the feed",
    )
    assert len(floor.items("evu", "/market/bids", offer_id=offer)) == 2
    absent = {"offer_id": 10**9, "price_ct_per_kwh": "25"}
    problem(floor.ask("bidder1", "POST", "/market/bid", absent), 404, "no offer")


def test_m_off_05_an_offer_is_withdrawn_by_its_owner(floor: Floor) -> None:
    slot = floor.slot_in(1020)
    floor.forecast(floor.unit("seller"), slot)
    offer = floor.offer(slot)["offer_id"]
    problem(floor.ask("bidder1", "DELETE", f"/market/offer/{offer}"), 403, "not yours")
    answer = floor.ask("seller", "DELETE", f"/market/offer/{offer}")
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn"), answer.text
    assert floor.got("bidder1", f"/market/offer/{offer}")["status"] == "withdrawn"
    problem(floor.ask("seller", "DELETE", f"/market/offer/{offer}"), 409, "M-OFF-05")
    problem(floor.ask("seller", "GET", "/market/offer/1000000000"), 404)
    problem(floor.ask("seller", "GET", "/market/offer/0"), 400)


def test_a_box_without_a_link_is_503_and_the_same_key_orders_once(floor: Floor) -> None:
    slot = floor.slot_in(1080)
    floor.forecast(floor.unit("seller"), slot)
    body = floor.offer_body(slot)
    box = floor.stage.boxes["seller"]
    box.logic.end()
    try:
        away = floor.ask("seller", "POST", "/market/offer", body, key="offline")
    finally:
        box.logic.start()
    problem(away, 503)
    assert "Retry-After" in away.headers
    assert floor.items("seller", "/market/offers", slot_start=body["slot_start"]) == []
    made = floor.ask("seller", "POST", "/market/offer", body, key="offline")
    assert made.status_code == 201, made.text
    assert len(floor.items("seller", "/market/offers", slot_start=body["slot_start"])) == 1


def test_a_disabled_participant_orders_nothing(floor: Floor) -> None:
    sub = floor.stage.identity.user("bidder1")["sub"]
    floor.stage.manager.admin("PATCH", f"/participant/{sub}", {"disabled": True})
    try:
        body = {"offer_id": 1, "price_ct_per_kwh": "25"}
        problem(floor.ask("bidder1", "POST", "/market/bid", body), 403, "disabled")
        problem(floor.ask("bidder1", "POST", "/market/deposit", {"amount_eur": "1"}), 403, "disabled")
        problem(floor.ask("bidder1", "GET", "/market/account"), 403, "disabled")
        assert floor.ask("bidder1", "GET", "/market/offers").status_code == 200
    finally:
        floor.stage.manager.admin("PATCH", f"/participant/{sub}", {"disabled": False})


def test_lists_page_and_rules_are_shown(floor: Floor) -> None:
    slot = floor.slot_in(1140)
    floor.forecast(floor.unit("seller"), slot)
    made = [floor.offer(slot, energy_wh=100 + number)["offer_id"] for number in range(3)]
    first = floor.got("seller", "/market/offers", limit=2, mine="true")
    rest = floor.got("seller", "/market/offers", limit=1, mine="true", cursor=first["next_cursor"])
    assert [one["offer_id"] for one in [*first["items"], *rest["items"]]] == made[::-1]
    problem(floor.ask("seller", "GET", "/market/offers", cursor="AAAA"), 400)
    problem(floor.ask("seller", "GET", "/market/offers", status="gone"), 400)
    (parameters,) = floor.items("seller", "/market/parameters")
    assert (parameters["from_slot"], parameters["lead_s"]) == (None, 1)
    (prices,) = floor.items("evu", "/market/prices")
    assert float(prices["evu_sell_ct_per_kwh"]) > float(prices["evu_buy_ct_per_kwh"])
    problem(floor.stage.manager.ask("seller", "GET", "/market/prices", market="nomarket"), 404)
