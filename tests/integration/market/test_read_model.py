"""The read model on a real chain: a slot from offer to settlement, the figures, the events, and its loss (R9)."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
import pytest
import requests

from services.shared.times import iso
from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import problem
from tests.integration.chain.support import Trader
from tests.integration.market.derived import DERIVED, at_rest, derived, rebuild
from tests.integration.market.trading import Floor

SOLD, DELIVERED, CONSUMED = 1000, 800, 600


@pytest.fixture(scope="module")
def settled(floor: Floor) -> tuple[Floor, int, Trader, Trader]:
    """A sold offer that is settled, with a shortfall; an unsold one; both people have keys in software."""
    seller, buyer = floor.stage.chain.trader(floor.market), floor.stage.chain.trader(floor.market)
    slot = floor.slot_in(25)
    floor.forecast(seller.unit, slot, 2000, 300)
    for key, energy in ((1, SOLD), (2, 500)):
        about = {"seller": seller.account, "unit": seller.unit, "slot": slot, "energy_wh": energy}
        floor.by(seller, "offer", **about, start_price=200_000, key=key)
    first, second = (
        row["id"]
        for row in floor.stage.chain.client.rows("tbimarket", floor.market, "offers")
        if row["seller"] == seller.account
    )
    floor.by(buyer, "bid", bidder=buyer.account, offer=first, price=250_000)
    floor.by(buyer, "bid", bidder=buyer.account, offer=first, price=260_000)
    floor.wait_for_time(slot + 1)
    for offer in (first, second):
        floor.keeps("award", offer=offer)
    floor.until_offer(first, "awarded")
    floor.until_offer(second, "unsold")
    floor.wait_for_time(slot + floor.slot_s + 1)
    produced = [{"unit": seller.unit, "produced_wh": 900}]
    reading = {"point": seller.point, "fed_in_wh": DELIVERED, "consumed_wh": 0, "units": produced}
    floor.by(seller, "deliver", box=seller.account, slot=slot, readings=[reading])
    floor.until_offer(first, "delivered")
    (waiting,) = [one for one in floor.items("evu", "/market/balances") if one["offer_id"] == first]
    assert (waiting["status"], waiting["produced_wh"], waiting["delivered_wh"]) == ("delivered", 900, None)
    reading = {"point": buyer.point, "fed_in_wh": 0, "consumed_wh": CONSUMED, "units": []}
    floor.by(buyer, "deliver", box=buyer.account, slot=slot, readings=[reading])
    floor.keeps("settle", offer=first)
    floor.keeps("sweep", slot=slot, point=seller.point)
    floor.until_offer(first, "settled")
    return floor, slot, seller, buyer


Settled = tuple[Floor, int, Trader, Trader]


def test_m_set_05_balances_show_energy_and_payments(settled: Settled) -> None:
    floor, _, seller, buyer = settled
    (balance,) = [one for one in floor.items("evu", "/market/balances") if one["seller_account"] == seller.account]
    figures = {name: balance[f"{name}_wh"] for name in ("sold", "delivered", "produced", "consumed", "difference")}
    assert figures == {"sold": SOLD, "delivered": 800, "produced": 900, "consumed": 600, "difference": 200}
    assert balance["amount_eur"] == "0.260000"
    assert (balance["to_seller_eur"], balance["shortfall_eur"]) == ("0.208000", "0.052000")
    assert (balance["buyer_account"], balance["role"], balance["own_amount_eur"]) == (buyer.account, None, None)
    assert floor.items("seller", "/market/balances") == []
    assert floor.items("evu", "/market/balances", mine="true") == []
    problem(floor.ask("admin", "GET", "/market/balances"), 403)


def test_tc02_5_the_balancing_group_as_json_table_and_workbook(settled: Settled) -> None:
    floor, slot, *_ = settled
    query = {"from": iso(slot), "to": iso(slot + floor.slot_s)}

    def measured() -> dict[str, Any] | None:
        found = floor.got("evu", "/balancing-group", **query)
        return found if found["items"] and found["items"][0]["consumed_wh"] else None

    told = wait_until(measured, 20, what="the slot's figures")
    (row,) = told["items"]
    wanted = {"forecast_generation_wh": 2000, "forecast_consumption_wh": 300, "produced_wh": 900, "fed_in_wh": 800}
    wanted |= {"consumed_wh": 600, "traded_wh": SOLD, "residual_wh": 200, "measured_points": 2}
    assert {name: row[name] for name in wanted} == wanted
    assert row["points"] == 4
    assert row["status"] in ("incomplete", "settled"), (
        "two boxes deliver nothing; after the deadline they are not waited for"
    )
    assert told["totals"] == {name: row[name] for name in told["totals"]}
    as_csv = floor.ask("evu", "GET", "/balancing-group", format="csv", **query)
    assert as_csv.headers["Content-Type"].startswith("text/csv")
    head, line, total = csv.reader(io.StringIO(as_csv.text))
    assert dict(zip(head, line, strict=True))["residual_wh"] == "200"
    assert (total[0], dict(zip(head, total, strict=True))["fed_in_wh"]) == ("total", "800")
    book = openpyxl.load_workbook(
        io.BytesIO(floor.ask("evu", "GET", "/balancing-group", format="xlsx", **query).content)
    )
    rows = list(book["balancing-group"].values)
    assert [str(value) for value in rows[1]] == line
    problem(floor.ask("evu", "GET", "/balancing-group", **{"from": query["to"], "to": query["from"]}), 400)
    problem(floor.ask("seller", "GET", "/balancing-group"), 403)
    day = floor.stage.manager.ask("evu", "GET", "/balancing-group", **{"from": "2026-10-25", "to": "2026-10-26"})
    assert len(day.json()["items"]) == 100


def test_a_units_day_has_92_96_or_100_quarter_hours(settled: Settled) -> None:
    floor, *_ = settled
    number = floor.stage.boxes["seller"].mastr_nr
    slot = floor.slot_in(1800)
    floor.forecast(floor.unit("seller"), slot, 3000, 400)
    floor.offer(slot, energy_wh=700)

    def offered() -> list[dict[str, Any]]:
        found = floor.items("seller", "/market/day", unit_mastr_nr=number, date=iso(slot)[:10])
        return [one for one in found if one["slot_start"] == iso(slot) and one["offered_wh"]]

    (row,) = wait_until(offered, 20, what="the slot of the day")
    assert (row["forecast_wh"], row["max_offer_wh"], row["offered_wh"], row["sold_wh"]) == (3000, 3000, 700, 0)
    assert (row["forecast_consumption_wh"], row["produced_wh"], row["slot_end"]) == (400, None, iso(slot + 20))
    problem(floor.ask("bidder1", "GET", "/market/day", unit_mastr_nr=number), 403, "not yours")
    problem(floor.ask("seller", "GET", "/market/day", unit_mastr_nr=number, date="2026-02-30"), 400)
    elsewhere = {"unit_mastr_nr": number, "market": "lem"}
    problem(floor.stage.manager.ask("evu", "GET", "/market/day", **elsewhere), 404, "not registered")
    ask = floor.stage.manager
    (account,) = [one for one in ask.admin("GET", "/eos-accounts").json()["items"] if one["cls_box_ip"] == "127.0.1.11"]
    ask.made("/eos-account", cls_box_ip=account["cls_box_ip"], account_name=account["account_name"])
    ask.made("/market/unit", unit_mastr_nr=number)
    for day, quarters in (("2026-03-29", 92), ("2026-10-25", 100), ("2026-11-28", 96)):
        told = ask.ask("seller", "GET", "/market/day", unit_mastr_nr=number, date=day).json()
        assert (len(told["items"]), told["date"]) == (quarters, day)


def test_changes_are_told_in_order_and_resumed(settled: Settled) -> None:
    floor, *_ = settled
    slot = floor.slot_in(1860)
    floor.forecast(floor.unit("seller"), slot)
    with stream(floor, "bidder1") as events:
        start, kind, _ = next(events)
        assert kind == ""
        offer = floor.offer(slot)["offer_id"]
        floor.did("bidder1", "/market/bid", offer_id=offer, price_ct_per_kwh="31")
        told = [next(event for event in events if event[2].get("offer_id") == offer) for _ in range(2)]
    assert [kind for _, kind, _ in told] == ["offer", "bid"]
    assert told[1][2]["highest_bid_ct_per_kwh"] == "31.0000"
    assert not {"seller_account", "unit_mastr_nr", "bidder_account"} & set(told[1][2])
    with stream(floor, "evu", since=str(start)) as events:
        again = [next(event for event in events if event[2].get("offer_id") == offer) for _ in range(2)]
    assert again == told
    with stream(floor, "evu", since=str(told[0][0]), last=str(told[1][0]), follow_s="0") as events:
        assert [kind for number, kind, _ in events if number <= told[1][0]] == [""]
    with stream(floor, "evu", since=str(10**9), follow_s="0") as events:
        assert [kind for _, kind, _ in events] == ["", "reset"]


def test_streams_are_bounded_and_the_rest_goes_on(settled: Settled) -> None:
    floor, *_ = settled
    open_streams = []
    try:
        for _ in range(40):
            answer = ask_stream(floor, "seller")
            open_streams.append(answer)
            if answer.status_code != 200:
                break
            next(answer.iter_lines())
        refused = open_streams.pop()
        problem(refused, 503, "Too many")
        assert "Retry-After" in refused.headers
        assert floor.ask("seller", "GET", "/market/offers").status_code == 200
    finally:
        for answer in open_streams:
            answer.close()


def test_r9_the_read_model_is_rebuilt_equal_after_its_loss(settled: Settled) -> None:
    """All is irreversible; then every derived collection is wiped, or a part of them; what was erased on the chain is
    there again."""
    floor, slot, *_ = settled
    floor.keeps("erase", slot=slot, limit=256)
    rows = floor.stage.chain.client.rows("tbimarket", floor.market, "offers")
    assert slot not in {row["slot"] for row in rows}
    before = wait_until(lambda: at_rest(floor), 40, every=1, what="a chain without news")
    assert [view["balance"] for view in before["views"] if view["slot"] == slot and view["status"] == "settled"]
    for kinds in (DERIVED, ("offers", "views")):
        rebuild(floor, kinds)
        wait_until(lambda: derived(floor) == before, 60, every=0.5, what="the same documents")
    assert floor.got("evu", "/balancing-group", **{"from": iso(slot), "to": iso(slot + 20)})["items"]


def test_r1_a_kill_in_the_middle_of_a_batch_counts_nothing_twice(settled: Settled) -> None:
    floor, *_ = settled
    manager = floor.stage.manager
    before = wait_until(lambda: at_rest(floor), 40, every=1, what="a chain without news")
    db = manager.mongo.database("background_manager")
    manager.program.end()
    db["market_feed"].drop()
    for kind in DERIVED:
        db[f"market_{kind}"].drop()
    for _ in range(4):
        manager.program.start()
        manager.program.kill()
    manager.program.start()
    db.client.close()
    wait_until(lambda: derived(floor) == before, 60, every=0.5, what="the same documents")


def ask_stream(floor: Floor, role: str, last: str | None = None, **query: str) -> requests.Response:
    manager = floor.stage.manager
    headers = {"Authorization": f"Bearer {manager.token(role)}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    return requests.get(f"{manager.url}/events", params=query, headers=headers, stream=True, timeout=30)


@contextmanager
def stream(floor: Floor, role: str, **query: str) -> Iterator[Iterator[tuple[int, str, dict[str, Any]]]]:
    """Events as (id, kind, data); the first one says where the stream begins, and has no kind."""
    answer = ask_stream(floor, role, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    timer = threading.Timer(25, answer.close)
    timer.start()
    try:
        yield _events(answer)
    finally:
        timer.cancel()
        answer.close()


def _events(answer: requests.Response) -> Iterator[tuple[int, str, dict[str, Any]]]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "id" in fields:
            yield int(fields["id"]), fields.get("event", ""), json.loads(fields.get("data", "{}"))
            fields = {}
