"""The market's operation: what is stuck and its repair, audits, settlement files, and who saw and did what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auditor.settlement.verify import verify
from services.shared.times import iso
from services.shared.wait import wait_until
from tests.integration.operation.desk import Desk, problem

SOLD = 1000


def stuck(desk: Desk, kind: str) -> dict[str, Any]:
    """The first of the kind, once there is one."""

    def look() -> dict[str, Any] | None:
        found = desk.got("evu", "/market/stuck")
        assert found["not_looked_at"] == []
        return next((item for item in found["items"] if item["kind"] == kind), None)

    return wait_until(look, 60, every=0.3, what=f"something {kind}")


def repair(desk: Desk, item: str) -> dict[str, Any]:
    answer = desk.ask("evu", "POST", f"/market/stuck/{item}/repair")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture(scope="module")
def slot(desk: Desk) -> int:
    """The EVU has neither money nor credit; offer 1 is sold and its auction has closed. Nobody keeps the market."""
    seller, buyer = desk.traders["seller"], desk.traders["buyer"]
    chosen = desk.slot_in(60)
    desk.forecast("seller", chosen, 2000)
    about = {"seller": seller.account, "unit": seller.unit, "slot": chosen, "energy_wh": SOLD}
    desk.by("seller", "offer", **about, start_price=200_000, key=1)
    desk.by("buyer", "bid", bidder=buyer.account, offer=1, price=250_000)
    desk.chain.wait_for_time(chosen + 2)
    return chosen


def test_what_is_stuck_is_found_with_its_cause_and_repaired_once(desk: Desk, slot: int) -> None:
    """An award, a settlement without money, and a surplus, one after the other."""
    overdue = stuck(desk, "overdue_award")
    account = desk.traders["seller"].account
    assert (overdue["offer_id"], overdue["eos_account"], overdue["amount_eur"]) == (1, account, "0.250000")
    assert "awarded it" in overdue["cause"]
    first = repair(desk, overdue["id"])
    assert (first["state"], len(first["transaction_id"])) == ("done", 64)
    assert repair(desk, overdue["id"])["state"] == "done"
    desk.until_offer(1, "awarded")

    desk.chain.wait_for_time(slot + desk.slot_s + 1)
    desk.deliver("seller", slot, SOLD)
    desk.deliver("buyer", slot, 0)
    unsettled = stuck(desk, "overdue_settlement")
    assert unsettled["missing_eur"] is None
    poorly = repair(desk, unsettled["id"])
    assert (poorly["state"], poorly["rule"], poorly["missing_eur"]) == ("needs_deposit", "M-LED-04", "0.080000")
    desk.until_offer(1, "unfunded")
    unfunded = stuck(desk, "unfunded_settlement")
    assert (unfunded["missing_eur"], unfunded["id"]) == ("0.080000", unsettled["id"])
    assert repair(desk, unfunded["id"])["state"] == "needs_deposit"
    paid = desk.ask("evu", "POST", "/market/deposit", {"amount_eur": unfunded["missing_eur"]})
    assert paid.status_code == 201, paid.text
    assert repair(desk, unfunded["id"])["state"] == "done"
    assert repair(desk, unfunded["id"])["state"] == "done"
    desk.until_offer(1, "settled")

    surplus = stuck(desk, "overdue_surplus")
    assert repair(desk, surplus["id"])["state"] == "done"
    assert repair(desk, surplus["id"])["state"] == "done"
    for item in desk.got("evu", "/market/stuck")["items"]:
        assert repair(desk, item["id"])["state"] == "done"
    wait_until(lambda: not desk.got("evu", "/market/stuck")["items"], 60, every=0.3, what="nothing to be stuck")


def test_only_the_evu_repairs_and_only_what_there_is(desk: Desk) -> None:
    problem(desk.ask("admin", "GET", "/market/stuck"), 403)
    for item in (f"award.{desk.market}.999999", "award.nowhere.1", "order.nothing", "sweep.lem.1", "settle.1"):
        problem(desk.ask("evu", "POST", f"/market/stuck/{item}/repair"), 404)
    problem(desk.ask("evu", "POST", "/market/stuck/mend.lem.1/repair"), 400)


def test_an_audit_runs_in_the_background_one_at_a_time(desk: Desk) -> None:
    begun = desk.ask("admin", "POST", "/audit")
    assert begun.status_code == 202, begun.text
    second = desk.ask("evu", "POST", "/audit")
    problem(second, 409, "under way")
    assert int(second.headers["Retry-After"]) > 0
    assert desk.ask("evu", "GET", "/audit").json["running"][0]["audit_id"] == begun.json["audit_id"]

    def ended() -> dict[str, Any] | None:
        found = desk.ask("evu", "GET", "/audits").json["items"][0]
        return found if found["status"] in ("finished", "failed") else None

    done = wait_until(ended, 120, every=0.5, what="the audit's end")
    assert (done["status"], done["error"]) == ("finished", None)
    assert (done["equal"], done["divergence"]) == (True, None)
    assert done["chain_id"] == desk.chain.client.info().chain_id
    assert done["blocks"] > 100
    last = desk.ask("admin", "GET", "/audit").json
    assert (last["last"], last["running"]) == ([done], [])
    problem(desk.ask("buyer", "GET", "/audit"), 403)


@pytest.fixture
def exported(desk: Desk) -> Callable[..., dict[str, Any]]:
    """A settlement that has ended."""

    def run(role: str, **more: Any) -> dict[str, Any]:
        period = {"from": iso(desk.slot_in(-86_400)), "to": iso(desk.slot_in(86_400))}
        begun = desk.ask(role, "POST", "/market/settlement", {**period, **more})
        assert begun.status_code == 202, begun.text
        path = f"/market/settlement/{begun.json['settlement_id']}"

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = desk.ask(role, "GET", path).json
            return found if found["status"] in ("finished", "failed") else None

        return wait_until(ended, 120, every=0.5, what="the settlement's end")

    return run


def test_a_user_gets_the_files_of_his_own_settlement(desk: Desk, exported: Callable[..., dict[str, Any]]) -> None:
    done = exported("buyer")
    assert (done["status"], done["files"]) == ("finished", ["json", "csv", "pdf"]), done["error"]
    assert done["eos_account"] == desk.traders["buyer"].account
    path = f"/market/settlement/{done['settlement_id']}"
    proof = desk.ask("buyer", "GET", f"{path}/file").data
    holds = verify(proof, chain_id=desk.chain.client.info().chain_id, key=done["signed_by"])
    assert holds.statement["totals"] == done["totals"]
    for kind, begins in (("csv", b""), ("pdf", b"%PDF-")):
        answer = desk.ask("buyer", "GET", f"{path}/file", format=kind)
        assert answer.data.startswith(begins)
        assert f".{kind}" in answer.headers["Content-Disposition"]
    assert [one["settlement_id"] for one in desk.ask("evu", "GET", "/market/settlements").json["items"]]
    problem(desk.ask("seller", "GET", path), 404)
    problem(desk.ask("seller", "GET", f"{path}/file"), 404)
    period = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
    other = {**period, "eos_account": done["eos_account"]}
    problem(desk.ask("seller", "POST", "/market/settlement", other), 403)
    problem(desk.ask("seller", "POST", "/market/settlement", {**period, "to": period["from"]}), 400)


def test_the_evu_exports_anybody_s_and_an_unknown_one_says_why(
    desk: Desk, exported: Callable[..., dict[str, Any]]
) -> None:
    account = desk.traders["seller"].account
    assert exported("evu", eos_account=account)["status"] == "finished"
    failed = exported("evu", eos_account="nobodyatall1")
    assert failed["status"] == "failed"
    assert "nobodyatall1 has no metering point" in failed["error"]


def test_who_saw_and_did_what_is_recorded_for_administrators(desk: Desk) -> None:
    sub = "buyer"
    read = desk.ask("admin", "GET", f"/participant/{sub}")
    assert read.status_code == 200
    desk.ask("evu", "GET", "/market/balances")
    desk.ask("buyer", "GET", "/market/balances")
    credited = desk.ask("evu", "POST", "/market/deposit", {"amount_eur": "1", "participant_sub": sub})
    assert credited.status_code == 201, credited.text
    refused = desk.ask("buyer", "GET", f"/participant/{sub}")
    assert refused.status_code == 403

    def records(**query: Any) -> list[dict[str, Any]]:
        answer = desk.ask("admin", "GET", "/audit-log", **query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json["items"]
        return items

    (last,) = records(limit=1, who="admin", route="/participant/<sub>")
    assert (last["did"], last["status"], last["targets"]) == ("read", 200, {"sub": sub})
    assert last["correlation_id"] == read.headers["X-Correlation-ID"]
    assert last["groups"] == ["Admin"]
    assert {one["username"] for one in records(route="/market/balances")} == {"evu"}
    assert records(who=sub)
    assert all(one["did"] == "changed" or one["status"] == 403 for one in records(who=sub))
    deposits = records(route="/market/deposit", did="changed", who="evu")
    assert {"participant_sub": sub, "market": desk.market} in [one["targets"] for one in deposits]
    assert "amount_eur" not in str(deposits)
    assert records(**{"from": "2026-01-01", "to": "2026-01-02"}) == []
    for role in ("evu", "buyer"):
        problem(desk.ask(role, "GET", "/audit-log"), 403)
    problem(desk.ask("admin", "GET", "/audit-log", route="x"), 400)


def test_a_given_correlation_id_is_kept(desk: Desk) -> None:
    answer = desk.ask("admin", "GET", "/participants", headers={"X-Correlation-ID": "case-4711"})
    assert answer.headers["X-Correlation-ID"] == "case-4711"
