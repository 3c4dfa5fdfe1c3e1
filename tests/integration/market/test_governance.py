"""Prices and parameters: proposed here, decided by two of three governors with their own keys, and then coming."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from services.shared.times import iso
from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import problem
from tests.integration.market.trading import Floor

HORIZON_S = 3600


@pytest.fixture
def slot(floor: Floor) -> int:
    """Beyond the horizon, another one for each test."""
    number = next(_NUMBERS)
    return floor.slot_in(HORIZON_S + 300) + number * floor.slot_s


_NUMBERS = iter(range(1, 1000))


@pytest.fixture
def governs(floor: Floor) -> Callable[..., Result]:
    """`./tbi governance ...` with the governors' key files."""
    folder = floor.stage.chain.governance.keyring.folder / "governors"

    def run(action: str, *words: str, governor: str | None = None) -> Result:
        options = ["--node", floor.stage.chain.node.url]
        if governor is not None:
            name = "--governor" if action == "approve" else "--as"
            options += [name, governor, "--key", str(Path(folder) / f"{governor}.key"), "--yes"]
        return CliRunner().invoke(main, ["governance", action, *words, *options])

    return run


def put_prices(floor: Floor, slot: int, buy: str = "9", sell: str = "31") -> Any:
    body = {"from_slot": iso(slot), "evu_buy_ct_per_kwh": buy, "evu_sell_ct_per_kwh": sell}
    return floor.ask("evu", "PUT", "/market/prices", body)


def seen(floor: Floor, name: str, status: str) -> dict[str, Any]:
    """The proposal, once it stands so."""

    def look() -> dict[str, Any] | None:
        found = floor.stage.manager.ask("user", "GET", "/market/proposals", limit=1000)
        assert found.status_code == 200, found.text
        return next((one for one in found.json()["items"] if one["name"] == name and one["status"] == status), None)

    return wait_until(look, 30, every=0.3, what=f"the proposal {name} to be {status}")


def test_m_adm_01_prices_hold_when_two_of_three_have_approved_with_the_command(
    floor: Floor, governs: Callable[..., Result], slot: int
) -> None:
    before = floor.got("bidder1", "/market/prices")
    answer = put_prices(floor, slot, "9.5", "31.25")
    assert answer.status_code == 201, answer.text
    proposal = answer.json()
    name = proposal["name"]
    assert (proposal["status"], proposal["needed"], proposal["proposed_by"]) == ("open", 2, "evu")
    assert [one["governor"] for one in proposal["approvals"]] == ["tbigovern1", "tbigovern2", "tbigovern3"]
    assert proposal["changes"][0]["prices"] == {
        "from_slot": iso(slot),
        "evu_buy_ct_per_kwh": "9.5000",
        "evu_sell_ct_per_kwh": "31.2500",
    }
    assert proposal["expires_at"] == iso(slot - HORIZON_S)
    assert name in governs("list").output

    early = governs("execute", name, governor="tbigovern1")
    assert early.exit_code == 1
    assert "not enough governors" in early.output
    shown = governs("approve", name, governor="tbigovern3")
    assert shown.exit_code == 0, shown.output
    assert "evu_sell     31.2500 ct/kWh" in shown.output
    assert iso(slot) in shown.output
    assert [p["name"] for p in floor.got("bidder1", "/market/prices")["proposals"]] == [name]
    second = governs("approve", name, governor="tbigovern1")
    assert "enough have" in second.output
    approved = seen(floor, name, "approved")
    assert [one["approved_at"] is not None for one in approved["approvals"]] == [True, False, True]
    assert floor.got("bidder1", "/market/prices")["coming"] == before["coming"]

    done = governs("execute", name, governor="tbigovern2")
    assert done.exit_code == 0, done.output
    executed = seen(floor, name, "executed")
    assert executed["ended_at"] is not None
    coming = wait_until(lambda: _coming(floor, slot), 30, every=0.2, what="the prices to come")
    assert coming == {"from_slot": iso(slot), "evu_buy_ct_per_kwh": "9.5000", "evu_sell_ct_per_kwh": "31.2500"}
    after = floor.got("bidder1", "/market/prices")
    assert after["holds"] == before["holds"]
    assert after["proposals"] == []


def _coming(floor: Floor, slot: int) -> dict[str, Any] | None:
    rows = floor.got("bidder1", "/market/prices")["coming"]
    return next((row for row in rows if row["from_slot"] == iso(slot)), None)


def test_parameters_are_proposed_likewise_and_twice_is_once(floor: Floor, slot: int) -> None:
    holds = floor.got("evu", "/market/parameters")["holds"]
    body = {**holds, "from_slot": iso(slot), "extend_s": 7}
    first = floor.ask("evu", "PUT", "/market/parameters", body)
    again = floor.ask("evu", "PUT", "/market/parameters", body)
    assert (first.status_code, again.status_code) == (201, 200), (first.text, again.text)
    assert first.json()["name"] == again.json()["name"]
    assert first.json()["changes"][0]["parameters"] == body
    other = floor.ask("evu", "PUT", "/market/parameters", {**body, "extend_s": 8})
    assert other.status_code == 201
    assert other.json()["name"] != first.json()["name"]


def test_what_was_proposed_is_taken_back_and_may_be_proposed_again(floor: Floor, slot: int) -> None:
    name = put_prices(floor, slot).json()["name"]
    path = f"/market/proposal/{name}"
    for _ in range(2):
        answer = floor.stage.manager.ask("evu", "DELETE", path)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "cancelled"
    assert put_prices(floor, slot).status_code == 201
    problem(floor.stage.manager.ask("evu", "DELETE", "/market/proposal/nosuch"), 404, "nosuch")


def test_m_adm_03_what_the_market_would_refuse_is_not_proposed(floor: Floor, slot: int) -> None:
    for answer, rule in (
        (put_prices(floor, slot, "31", "9"), "M-ADM-03"),
        (put_prices(floor, slot + 1), "M-ADM-03"),
        (put_prices(floor, floor.slot_in(100)), "M-ADM-03"),
    ):
        assert problem(answer, 409)["rule"] == rule
    holds = floor.got("evu", "/market/parameters")["holds"]
    body = {**holds, "from_slot": iso(slot), "settle_gap_s": 99_999}
    assert problem(floor.ask("evu", "PUT", "/market/parameters", body), 409)["rule"] == "M-MKT-02"
    problem(floor.ask("evu", "PUT", "/market/prices", {"from_slot": iso(slot), "evu_buy_ct_per_kwh": "1"}), 400)
    nowhere = {"market": "nowhere", "from_slot": iso(slot), "evu_buy_ct_per_kwh": "1", "evu_sell_ct_per_kwh": "2"}
    problem(floor.stage.manager.ask("evu", "PUT", "/market/prices", nowhere), 404, "nowhere")


def test_only_the_evu_proposes(floor: Floor, slot: int) -> None:
    body = {"from_slot": iso(slot), "evu_buy_ct_per_kwh": "9", "evu_sell_ct_per_kwh": "31"}
    for role in ("admin", "bidder1"):
        problem(floor.ask(role, "PUT", "/market/prices", body), 403)
