"""The cloud side's connector puts changes before the governors, and decides nothing (M-ADM-01)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from services.shared.chain.errors import AuthorityMissing, ChainError
from services.shared.chain.transaction import Action
from services.shared.times import iso
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, random_name
from tests.integration.forecast.pool import Pool

MSIG = "eosio.msig"


class Proposing:
    """A market, and the connector that proposes for it."""

    def __init__(self, chain: Chain, connector: Connector, pool: Pool) -> None:
        self.chain, self.connector, self.pool = chain, connector, pool
        self.market = chain.open_market(4)
        self.expires_at = int(chain.now()) + 600

    def prices(self, buy: int = 90_000) -> dict[str, Any]:
        slot = (int(self.chain.now()) + 4000) // 4 * 4
        prices = {"from_slot": slot, "evu_buy": buy, "evu_sell": 300_000}
        return {"account": "tbimarket", "name": "setprices", "data": {"market": self.market, "prices": prices}}

    def propose(self, name: str, *actions: dict[str, Any], **more: Any) -> requests.Response:
        body = {"name": name, "expires_at": iso(self.expires_at), "actions": list(actions), **more}
        url = f"{self.connector.url}/performer/proposal"
        return requests.post(url, json=body, headers=self.connector.headers, timeout=30)

    def cancel(self, name: str) -> requests.Response:
        url = f"{self.connector.url}/performer/proposal/{name}"
        return requests.delete(url, headers=self.connector.headers, timeout=30)

    def one(self, name: str) -> dict[str, Any] | None:
        answer = self.connector.get("/reader/proposals")
        assert answer.status_code == 200, answer.text
        return next((item for item in answer.json()["items"] if item["name"] == name), None)

    def approve(self, governor: str, name: str, proposal_hash: str) -> None:
        level = {"actor": governor, "permission": "active"}
        data = {"proposer": "tbiadmin", "proposal_name": name, "level": level, "proposal_hash": proposal_hash}
        signer = self.chain.governance.keyring.signer(governor)
        self.chain.client.push([Action(MSIG, "approve", [(governor, "active")], data)], [signer])

    def as_service(self, action: str, **data: Any) -> None:
        """What the service's key can do by itself."""
        self.chain.as_operator("propose", MSIG, action, proposer="tbiadmin", **data)


@pytest.fixture(scope="module")
def proposing(chain: Chain, pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proposing]:
    folder = tmp_path_factory.mktemp("proposing")
    connector = Connector(folder, chain.node.url, pool, TBI_KEYS_DIR=str(chain.keys_dir))
    connector.start()
    yield Proposing(chain, connector, pool)
    connector.process.stop()


def test_what_is_proposed_is_shown_decoded_with_who_must_approve(proposing: Proposing) -> None:
    name, action = random_name(), proposing.prices()
    assert proposing.propose(name, action).status_code == 201
    found = proposing.one(name)
    assert found is not None
    assert found["proposer"] == "tbiadmin"
    assert found["actions"][0]["data"] == action["data"]
    assert found["actions"][0]["authorization"] == ["tbimarket@active"]
    assert [one["account"] for one in found["approvals"]] == ["tbigovern1", "tbigovern2", "tbigovern3"]
    assert [one["approved_at"] for one in found["approvals"]] == [None] * 3
    assert found["expires_at"] == iso(proposing.expires_at)
    about = proposing.connector.get("/reader/proposals").json()
    assert (len(about["governors"]), about["threshold"]) == (3, 2)


def test_two_of_three_approve(proposing: Proposing) -> None:
    name = random_name()
    assert proposing.propose(name, proposing.prices()).status_code == 201
    for governor, approved in (("tbigovern3", False), ("tbigovern1", True)):
        found = proposing.one(name)
        assert found is not None
        proposing.approve(governor, name, found["hash"])
        found = proposing.one(name)
        assert found is not None
        assert found["is_approved"] is approved
    with pytest.raises(ChainError, match="hash"):
        proposing.approve("tbigovern2", name, "0" * 64)


def test_the_service_s_key_proposes_and_decides_nothing(proposing: Proposing) -> None:
    """It is linked to propose and cancel: neither approve nor exec takes it, and an execution lacks approvals."""
    name = random_name()
    assert proposing.propose(name, proposing.prices()).status_code == 201
    with pytest.raises(AuthorityMissing):
        proposing.as_service("approve", proposal_name=name, level={"actor": "tbiadmin", "permission": "propose"})
    with pytest.raises(AuthorityMissing):
        proposing.as_service("exec", proposal_name=name, executer="tbiadmin")
    data = proposing.prices()["data"]
    with pytest.raises(AuthorityMissing):
        proposing.chain.as_operator("propose", "tbimarket", "setprices", **data)


def test_a_name_is_taken_once_and_taken_back(proposing: Proposing) -> None:
    name, action = random_name(), proposing.prices()
    assert proposing.propose(name, action).status_code == 201
    again = proposing.propose(name, action)
    assert (again.status_code, again.json()["stands"]) == (409, True)
    assert proposing.cancel(name).status_code == 200
    assert proposing.one(name) is None
    assert proposing.cancel(name).status_code == 404
    assert proposing.propose(name, action).status_code == 201


def test_an_expired_one_makes_room_for_the_next(proposing: Proposing) -> None:
    name, action = random_name(), proposing.prices()
    expires_at = int(proposing.chain.now()) + 3
    assert proposing.propose(name, action, expires_at=iso(expires_at)).status_code == 201
    proposing.chain.wait_for_time(expires_at + 1)
    assert proposing.propose(name, action).status_code == 201
    found = proposing.one(name)
    assert found is not None
    assert found["expires_at"] == iso(proposing.expires_at)


@pytest.mark.parametrize(
    ("account", "name", "data"),
    [
        ("tbimarket", "award", {"market": "lem", "offer": 1}),
        ("eosio", "setcode", {"account": "tbimarket", "vmtype": 0, "vmversion": 0, "code": ""}),
        ("tbitoken", "issue", {"to": "tbievu", "quantity": "1.000000 EUR", "memo": ""}),
    ],
)
def test_nothing_else_is_proposed(proposing: Proposing, account: str, name: str, data: dict[str, Any]) -> None:
    answer = proposing.propose(random_name(), {"account": account, "name": name, "data": data})
    assert answer.status_code == 403, answer.text


def test_not_by_the_general_route_either(proposing: Proposing) -> None:
    trx = {"actions": [{"account": "eosio", "name": "setcode", "authorization": [], "data": ""}]}
    data = {"proposer": "tbiadmin", "proposal_name": "sneaky", "requested": [], "trx": trx}
    answer = proposing.connector.post(random_name(), {"account": MSIG, "name": "propose", "data": data})
    assert answer.status_code == 403, answer.text


def test_data_that_fits_no_abi_is_the_caller_s_fault(proposing: Proposing) -> None:
    action = {**proposing.prices(), "data": {"market": proposing.market}}
    assert proposing.propose(random_name(), action).status_code == 400


def test_another_service_proposes_nothing(proposing: Proposing) -> None:
    body = {"name": "notmine", "expires_at": iso(proposing.expires_at), "actions": [proposing.prices()]}
    headers = proposing.pool.service("forecast-connector")
    answer = requests.post(f"{proposing.connector.url}/performer/proposal", json=body, headers=headers, timeout=30)
    assert answer.status_code == 403
