"""The market's operation: what is stuck and its repair, audits, settlement files, and who saw and did what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from auditor.settlement.verify import verify
from services.shared.times import iso
from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import problem
from tests.integration.chain.support import Trader
from tests.integration.market.trading import Floor

SOLD = 1000


@dataclass(frozen=True)
class Poor:
    """A market whose EVU has neither money nor credit; one offer is sold, all is delivered, nothing consumed."""

    floor: Floor
    slot: int
    offer: int
    seller: Trader
    buyer: Trader

    def stuck(self, kind: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.floor.got("evu", "/market/stuck")
            assert found["not_looked_at"] == []
            return next((item for item in found["items"] if item["kind"] == kind), None)

        return wait_until(look, 60, every=0.3, what=f"something {kind}")

    def repair(self, item: str) -> dict[str, Any]:
        answer = self.floor.stage.manager.ask("evu", "POST", f"/market/stuck/{item}/repair")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def poor(floor: Floor) -> Poor:
    chain = floor.stage.chain
    made = Floor(floor.stage, chain.open_market(floor.slot_s, credit_line=0, deadline_s=3600, retain_s=86_400), 20)
    seller, buyer = chain.trader(made.market), chain.trader(made.market)
    slot = made.slot_in(40)
    made.forecast(seller.unit, slot, 2000)
    about = {"seller": seller.account, "unit": seller.unit, "slot": slot, "energy_wh": SOLD}
    made.by(seller, "offer", **about, start_price=200_000, key=1)
    made.by(buyer, "bid", bidder=buyer.account, offer=1, price=250_000)
    made.wait_for_time(slot + 2)
    return Poor(made, slot, 1, seller, buyer)


def test_what_is_stuck_is_found_with_its_cause_and_repaired_once(poor: Poor) -> None:
    """Nobody keeps this market: an award, a settlement without money, and a surplus, one after the other."""
    floor = poor.floor
    overdue = poor.stuck("overdue_award")
    assert (overdue["offer_id"], overdue["eos_account"], overdue["amount_eur"]) == (1, poor.seller.account, "0.250000")
    assert "awarded it" in overdue["cause"]
    first = poor.repair(overdue["id"])
    assert (first["state"], len(first["transaction_id"])) == ("done", 64)
    assert poor.repair(overdue["id"])["state"] == "done"
    floor.until_offer(poor.offer, "awarded")

    floor.wait_for_time(poor.slot + floor.slot_s + 1)
    for who, fed_in, units in (
        (poor.seller, SOLD, [{"unit": poor.seller.unit, "produced_wh": SOLD}]),
        (poor.buyer, 0, []),
    ):
        reading = {"point": who.point, "fed_in_wh": fed_in, "consumed_wh": 0, "units": units}
        floor.by(who, "deliver", box=who.account, slot=poor.slot, readings=[reading])
    unsettled = poor.stuck("overdue_settlement")
    assert unsettled["missing_eur"] is None
    poorly = poor.repair(unsettled["id"])
    assert (poorly["state"], poorly["rule"], poorly["missing_eur"]) == ("needs_deposit", "M-LED-04", "0.080000")
    floor.until_offer(poor.offer, "unfunded")
    unfunded = poor.stuck("unfunded_settlement")
    assert (unfunded["missing_eur"], unfunded["id"]) == ("0.080000", unsettled["id"])
    assert poor.repair(unfunded["id"])["state"] == "needs_deposit"
    floor.did("evu", "/market/deposit", amount_eur=unfunded["missing_eur"])
    assert poor.repair(unfunded["id"])["state"] == "done"
    assert poor.repair(unfunded["id"])["state"] == "done"
    floor.until_offer(poor.offer, "settled")

    surplus = poor.stuck("overdue_surplus")
    assert poor.repair(surplus["id"])["state"] == "done"
    other = poor.stuck("overdue_surplus") if _left(poor, surplus["id"]) else None
    assert other is None or poor.repair(other["id"])["state"] == "done"
    wait_until(lambda: not floor.got("evu", "/market/stuck")["items"], 30, every=0.3, what="nothing to be stuck")


def _left(poor: Poor, item: str) -> bool:
    return any(one["id"] != item for one in poor.floor.got("evu", "/market/stuck")["items"])


def test_only_the_evu_repairs_and_only_what_there_is(poor: Poor) -> None:
    manager = poor.floor.stage.manager
    problem(manager.ask("admin", "GET", "/market/stuck"), 403)
    for item in (f"award.{poor.floor.market}.999999", "award.nowhere.1", "order.nothing", "sweep.lem.1", "settle.1"):
        problem(manager.ask("evu", "POST", f"/market/stuck/{item}/repair"), 404)
    problem(manager.ask("evu", "POST", "/market/stuck/mend.lem.1/repair"), 400)


def test_an_audit_runs_in_the_background_one_at_a_time(floor: Floor) -> None:
    manager = floor.stage.manager
    begun = manager.ask("admin", "POST", "/audit")
    assert begun.status_code == 202, begun.text
    second = manager.ask("evu", "POST", "/audit")
    problem(second, 409, "under way")
    assert int(second.headers["Retry-After"]) > 0
    assert manager.ask("evu", "GET", "/audit").json()["running"][0]["audit_id"] == begun.json()["audit_id"]

    def ended() -> dict[str, Any] | None:
        found = manager.ask("evu", "GET", "/audits").json()["items"][0]
        return found if found["status"] in ("finished", "failed") else None

    done = wait_until(ended, 120, every=0.5, what="the audit's end")
    assert (done["status"], done["error"]) == ("finished", None)
    assert (done["equal"], done["divergence"]) == (True, None)
    assert done["chain_id"] == floor.stage.chain.client.info().chain_id
    assert done["blocks"] > 100
    last = manager.ask("admin", "GET", "/audit").json()
    assert (last["last"], last["running"]) == ([done], [])
    problem(manager.ask("bidder1", "GET", "/audit"), 403)


@pytest.fixture
def exported(floor: Floor) -> Callable[..., dict[str, Any]]:
    """A settlement that has ended."""

    def run(role: str, **more: Any) -> dict[str, Any]:
        period = {"from": iso(floor.slot_in(-86_400)), "to": iso(floor.slot_in(86_400))}
        begun = floor.ask(role, "POST", "/market/settlement", {**period, **more})
        assert begun.status_code == 202, begun.text
        path = f"/market/settlement/{begun.json()['settlement_id']}"

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = floor.stage.manager.ask(role, "GET", path).json()
            return found if found["status"] in ("finished", "failed") else None

        return wait_until(ended, 120, every=0.5, what="the settlement's end")

    return run


def test_a_user_gets_the_files_of_his_own_settlement(floor: Floor, exported: Callable[..., dict[str, Any]]) -> None:
    manager = floor.stage.manager
    done = exported("bidder1")
    assert (done["status"], done["files"]) == ("finished", ["json", "csv", "pdf"]), done["error"]
    assert done["eos_account"] == floor.stage.boxes["bidder1"].provisioned["account"]
    path = f"/market/settlement/{done['settlement_id']}"
    proof = manager.ask("bidder1", "GET", f"{path}/file").content
    holds = verify(proof, chain_id=floor.stage.chain.client.info().chain_id, key=done["signed_by"])
    assert holds.statement["totals"] == done["totals"]
    for kind, begins in (("csv", b""), ("pdf", b"%PDF-")):
        answer = manager.ask("bidder1", "GET", f"{path}/file", format=kind)
        assert answer.content.startswith(begins)
        assert f".{kind}" in answer.headers["Content-Disposition"]
    assert [one["settlement_id"] for one in manager.ask("evu", "GET", "/market/settlements").json()["items"]]
    problem(manager.ask("seller", "GET", path), 404)
    problem(manager.ask("seller", "GET", f"{path}/file"), 404)
    period = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
    other = {**period, "eos_account": done["eos_account"]}
    problem(floor.ask("seller", "POST", "/market/settlement", other), 403)
    problem(floor.ask("seller", "POST", "/market/settlement", {**period, "to": period["from"]}), 400)


def test_the_evu_exports_anybody_s_and_an_unknown_one_says_why(
    floor: Floor, exported: Callable[..., dict[str, Any]]
) -> None:
    account = floor.stage.boxes["seller"].provisioned["account"]
    assert exported("evu", eos_account=account)["status"] == "finished"
    failed = exported("evu", eos_account="nobodyatall1")
    assert failed["status"] == "failed"
    assert "nobodyatall1 has no metering point" in failed["error"]


def test_who_saw_and_did_what_is_recorded_for_administrators(floor: Floor) -> None:
    manager = floor.stage.manager
    sub = floor.stage.identity.user("bidder1")["sub"]
    read = manager.ask("admin", "GET", f"/participant/{sub}")
    assert read.status_code == 200
    manager.ask("evu", "GET", "/market/balances", market=floor.market)
    manager.ask("bidder1", "GET", "/market/balances", market=floor.market)
    refused = manager.ask("bidder1", "GET", f"/participant/{sub}")
    assert refused.status_code == 403

    def records(**query: Any) -> list[dict[str, Any]]:
        answer = manager.ask("admin", "GET", "/audit-log", **query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    (last,) = records(limit=1, who="admin", route="/participant/<sub>")
    assert (last["did"], last["status"], last["targets"]) == ("read", 200, {"sub": sub})
    assert last["correlation_id"] == read.headers["X-Correlation-ID"]
    assert last["groups"] == ["Admin"]
    assert {one["username"] for one in records(route="/market/balances")} == {"evu"}
    assert records(who=sub)
    assert all(one["did"] == "changed" or one["status"] == 403 for one in records(who=sub))
    deposits = records(route="/market/deposit", did="changed", who="evu")
    assert {"participant_sub": sub, "market": floor.market} in [one["targets"] for one in deposits]
    assert "amount_eur" not in str(deposits)
    assert records(**{"from": "2026-01-01", "to": "2026-01-02"}) == []
    for role in ("evu", "bidder1"):
        problem(manager.ask(role, "GET", "/audit-log"), 403)
    problem(manager.ask("admin", "GET", "/audit-log", route="x"), 400)


def test_a_given_correlation_id_is_kept(floor: Floor) -> None:
    manager = floor.stage.manager
    headers = {"Authorization": f"Bearer {manager.token('admin')}", "X-Correlation-ID": "case-4711"}
    answer = manager.http.get(f"{manager.url}/participants", headers=headers, timeout=30)
    assert answer.headers["X-Correlation-ID"] == "case-4711"
