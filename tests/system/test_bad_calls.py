"""What a bad call gets on the whole system: the market's rule, and nothing that changed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from deploy.chain.market import PARAMETERS, Market, open_market
from services.shared.chain.errors import AuthorityMissing
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until
from services.shared.web.auth import read_box_secret
from tests.local_system import RunningSystem

SLOT_S = 900


class Caller:
    """Speaks HTTP to a box's parts with the box's own secret and its owner's own token, unless told otherwise."""

    def __init__(self, system: RunningSystem, box: str) -> None:
        self.system = system
        self.box = next(entry for entry in system.plan.boxes if entry.name == box)
        self.secret = read_box_secret(system.plan.box_folder(self.box) / "secret")
        self.token = system.token(box)

    def post(
        self, part: str, path: str, body: dict[str, Any], *, key: str = "", secret: str = "", token: str = ""
    ) -> requests.Response:
        url = f"{self.system.endpoints[f'{self.box.name}.{part}']}{path}"
        headers = {
            "Authorization": f"Bearer {secret or self.secret}",
            "Idempotency-Key": key or str(time.time_ns()),
            "X-User-Token": token or self.token,
        }
        return requests.post(url, json=body, headers=headers, timeout=60)

    def offer(self, **changes: Any) -> requests.Response:
        slot = (int(time.time()) // SLOT_S + 4) * SLOT_S
        body = {"unit_mastr_nr": self.box.units[0].mastr_nr, "slot_start": iso(slot), "energy_wh": 100}
        body |= {"start_price_ct_per_kwh": "20.00", **changes}
        secret, token = (str(body.pop(name, "")) for name in ("secret", "token"))
        return self.post("cls-box-logic", "/market/offer", body, secret=secret, token=token)

    def act(self, name: str, data: dict[str, Any], **more: Any) -> requests.Response:
        """An action of the market's, straight at the connector."""
        return self.post("blockchain-connector", "/performer/transaction", {"actions": [action(name, data)]}, **more)


def action(name: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"account": "tbimarket", "name": name, "data": data}


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@pytest.fixture
def seller(running_system: RunningSystem) -> Caller:
    return Caller(running_system, "seller")


@pytest.fixture
def bidder(running_system: RunningSystem) -> Caller:
    return Caller(running_system, "bidder1")


@pytest.fixture
def money_stays(running_system: RunningSystem) -> Iterator[None]:
    """No bad call moves money."""
    rows = running_system.chain.client.rows
    before = rows("tbimarket", "lem", "ledger")
    yield
    assert rows("tbimarket", "lem", "ledger") == before


@dataclass(frozen=True)
class Ended:
    """A slot of a short market that the seller's box has delivered, and its reading."""

    market: str
    slot: int
    point: int
    reading: dict[str, Any]

    def delivery(self, box: str) -> dict[str, Any]:
        return {"market": self.market, "box": box, "slot": self.slot, "readings": [self.reading]}


@pytest.fixture(scope="module")
def ended(running_system: RunningSystem) -> Ended:
    """A market of a few slots of 5 s; it ends by itself."""
    chain = running_system.chain
    name = "bad" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(9))
    until = (int(time.time()) // 5 + 24) * 5
    values = replace(PARAMETERS, lead_s=1, extend_s=1, settle_gap_s=0)
    open_market(chain, Market(name, slot_s=5, horizon_s=60, until=until, parameters=values))
    manager = "background-manager-logic"
    for box in running_system.plan.boxes[:2]:
        account = {"cls_box_ip": box.address, "account_name": accounts(running_system)[box.name], "market": name}
        running_system.post("admin", manager, "/eos-account", account)
        running_system.post("admin", manager, "/market/unit", {"unit_mastr_nr": box.units[0].mastr_nr, "market": name})
    seller = accounts(running_system)["seller"]

    def delivered() -> dict[str, Any] | None:
        return next((row for row in chain.client.rows("tbimarket", name, "readings") if row["box"] == seller), None)

    row = wait_until(delivered, 90, what="a slot that the seller's box has delivered")
    point, slot = row["key"] & 0xFFFFFFFF, row["key"] >> 32
    units = [{"unit": unit["unit"], "produced_wh": unit["produced_wh"]} for unit in row["units"]]
    reading = {"point": point, "fed_in_wh": row["fed_in_wh"], "consumed_wh": row["consumed_wh"], "units": units}
    return Ended(name, slot, point, reading)


def accounts(system: RunningSystem) -> dict[str, str]:
    """Box -> its account, where it has one."""
    named = {role: user["attributes"].get("eos_account") for role, user in system.users.items()}
    return {role: name for role, name in named.items() if name}


@pytest.mark.usefixtures("money_stays")
def test_an_order_without_the_boxs_secret_is_refused(seller: Caller, bidder: Caller) -> None:
    assert seller.offer(secret="x" * 43).status_code == 401
    assert seller.offer(secret=bidder.secret).status_code == 401


@pytest.mark.usefixtures("money_stays")
def test_an_order_without_its_owners_own_token_is_refused(seller: Caller, bidder: Caller) -> None:
    """Whoever has the box's secret, or the cloud side's place, gives no order in the owner's stead."""
    assert seller.offer(token="x.y.z").status_code == 401
    assert seller.offer(token=bidder.token).status_code == 403


@pytest.mark.usefixtures("money_stays")
def test_m_off_02_a_slot_in_the_past_is_refused(seller: Caller) -> None:
    answer = seller.offer(slot_start=iso((int(time.time()) // SLOT_S - 4) * SLOT_S))
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-OFF-02")


@pytest.mark.usefixtures("money_stays")
def test_a_unit_of_another_box_is_not_offered(seller: Caller) -> None:
    assert seller.offer(unit_mastr_nr="SEE900000000994").status_code in {400, 403, 404}


@pytest.mark.usefixtures("money_stays")
def test_m_off_03_more_than_the_forecast_is_refused(seller: Caller) -> None:
    answer = seller.offer(energy_wh=100_000)
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-OFF-03")


@pytest.mark.usefixtures("money_stays")
def test_m_del_01_a_foreign_box_cannot_deliver(running_system: RunningSystem, bidder: Caller, ended: Ended) -> None:
    answer = bidder.act("deliver", ended.delivery(accounts(running_system)["bidder1"]))
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-DEL-01")


@pytest.mark.usefixtures("money_stays")
def test_m_del_01_a_box_cannot_deliver_in_anothers_name(
    running_system: RunningSystem, bidder: Caller, ended: Ended
) -> None:
    answer = bidder.act("deliver", ended.delivery(accounts(running_system)["seller"]))
    assert answer.status_code == 403
    assert "This box does not sign this" in answer.json()["detail"]


@pytest.mark.usefixtures("money_stays")
def test_m_del_02_a_replayed_delivery_is_refused(running_system: RunningSystem, seller: Caller, ended: Ended) -> None:
    answer = seller.act("deliver", ended.delivery(accounts(running_system)["seller"]))
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-DEL-02")


@pytest.mark.usefixtures("money_stays")
def test_a_box_signs_nothing_but_the_markets_actions(running_system: RunningSystem, seller: Caller) -> None:
    """A transfer to somebody else never gets the TPM's signature."""
    names = accounts(running_system)
    before = balance(running_system, "bidder1")
    data = {"from": names["seller"], "to": names["bidder1"], "quantity": "1.000000 EUR", "memo": ""}
    body = {"actions": [{"account": "tbitoken", "name": "transfer", "data": data}]}
    answer = seller.post("blockchain-connector", "/performer/transaction", body)
    assert answer.status_code == 403, answer.text
    assert balance(running_system, "bidder1") == before


@pytest.mark.usefixtures("money_stays")
def test_the_wrong_key_is_refused_by_the_chain(running_system: RunningSystem) -> None:
    seller = accounts(running_system)["seller"]
    data = {"market": "lem", "owner": seller, "quantity": "1.000000 EUR"}
    with pytest.raises(AuthorityMissing):
        running_system.chain.client.push(
            [Action("tbimarket", "withdraw", [(seller, "active")], data)],
            [running_system.chain.keyring.signer("tbievu")],
        )


def test_tpm_gone_is_said_and_passes(running_system: RunningSystem, seller: Caller) -> None:
    running_system.supervisor.stop("seller.swtpm")
    try:
        answer = seller.post(
            "cls-box-logic", "/market/deposit", {"market": "lem", "amount_eur": "1.00"}, key="tpm-gone"
        )
    finally:
        running_system.supervisor.start(["seller.swtpm"])
    assert answer.status_code == 503, answer.text
    assert answer.headers.get("Retry-After")
    assert "TPM" in answer.json()["detail"]
    before = available(running_system, "seller")
    wait_until(lambda: all(row.well for row in running_system.status().values()), 60, every=2.0, what="every part")
    done = wait_until(lambda: accepted(seller), 30, every=0.5, what="the deposit after the TPM is back")
    assert done["transaction_id"]
    assert available(running_system, "seller") - before == 1_000_000


def deposit(seller: Caller) -> requests.Response:
    body = {"market": "lem", "amount_eur": "1.00"}
    return seller.post("cls-box-logic", "/market/deposit", body, key="tpm-gone")


def accepted(seller: Caller) -> dict[str, Any] | None:
    answer = deposit(seller)
    found: dict[str, Any] = answer.json()
    return found if answer.status_code in {200, 201} else None


def balance(system: RunningSystem, box: str) -> list[str]:
    return [row["balance"] for row in system.chain.client.rows("tbitoken", accounts(system)[box], "accounts")]


def available(system: RunningSystem, box: str) -> int:
    name = accounts(system)[box]
    rows = system.chain.client.rows("tbimarket", "lem", "ledger", lower=name, upper=name, key_type="name")
    return int(rows[0]["available"]) if rows else 0
