"""trigger-event: by whom, for which number, with what answer. A real node; the manager's list stands in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.chain import market as chain_market
from deploy.chain.market import Participant, Point, salted
from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.manager import ManagerDoor
from tests.integration.chain.support import Chain, SoftR1Signer, random_name
from tests.integration.forecast.pool import Pool

SLOT_S = 4


@dataclass
class Stage:
    """A household with a meter and a unit on the chain, and a connector that may ask for their numbers."""

    chain: Chain
    pool: Pool
    manager: ManagerDoor
    connector: Connector
    market: str
    account: str
    point: int
    salt: str
    meter: str
    unit: str
    _slots: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        first = int(self.chain.now()) // SLOT_S * SLOT_S + SLOT_S
        self._slots = iter(range(first, first + 100 * SLOT_S, SLOT_S))

    def trigger(self, *, headers: dict[str, str] | None = None, **changes: Any) -> requests.Response:
        """As the EVU, for the household's meter and a slot that had no event yet; None leaves a field out."""
        body = {
            "market": self.market,
            "account": "tbiAdmin",
            "event_type": "send_data",
            "unit_or_meter": self.meter,
            "slot_start": datetime.fromtimestamp(next(self._slots), UTC).isoformat(),
            "energy_wh": 250,
            "buyer_account": "",
        }
        sent = {name: value for name, value in {**body, **changes}.items() if value is not None}
        url = f"{self.connector.url}/performer/trigger-event"
        shown = self.pool.header("EVU") if headers is None else headers
        return requests.post(url, json=sent, headers=shown, timeout=20)

    def events(self) -> list[dict[str, Any]]:
        return self.chain.client.rows("tbiclsbox", self.account, "events")


@pytest.fixture
def stage(chain: Chain, pool: Pool, tmp_path: Path) -> Iterator[Stage]:
    market = chain.open_market(slot_s=SLOT_S)
    salt, meter, unit = secrets.token_hex(16), "1TBI0000000011", "SEE900000000119"
    point = Point(salted(salt, meter), units=(salted(salt, unit),))
    account = random_name("t")
    registered = chain_market.register_participant(
        chain.governance, market, Participant(account, SoftR1Signer().public_key, (point,))
    )
    manager = ManagerDoor(pool)
    manager.put(None, "1TBI0000000099")
    manager.put(secrets.token_hex(16), "1TBI0000000022")
    manager.put(salt, meter, unit)
    secret = tmp_path / "service.secret"
    secret.write_text(secrets.token_urlsafe(32))
    secret.chmod(0o600)
    connector = Connector(
        tmp_path,
        chain.node.url,
        pool,
        TBI_KEYS_DIR=str(chain.keys_dir),
        TBI_MANAGER_URL=manager.url,
        TBI_SERVICE_SECRET_FILE=str(secret),
    )
    connector.start()
    yield Stage(chain, pool, manager, connector, market, account, registered.points[point.hash], salt, meter, unit)
    connector.process.stop()
    manager.close()


def test_m_evt_02_by_a_meters_or_a_units_number_its_hash_or_the_points_id(stage: Stage) -> None:
    for number in (stage.meter, stage.unit, salted(stage.salt, stage.unit), str(stage.point)):
        answer = stage.trigger(unit_or_meter=number)
        assert answer.status_code == 200, answer.text
        assert answer.json()["block_num"] > 0
        assert stage.chain.client.transaction(answer.json()["transaction_id"]) is not None
    assert stage.manager.callers == ["blockchain-connector"] * 6, "three pages for each number in clear"
    events = stage.events()
    assert {event["point"] for event in events} == {stage.point}
    assert {(event["kind"], event["by_hand"], event["energy_wh"]) for event in events} == {("senddata", True, 250)}
    assert len({event["slot"] for event in events}) == 4


def test_m_evt_02_the_box_is_told_of_its_event_and_the_event_stands_without(stage: Stage) -> None:
    assert stage.trigger().status_code == 200
    wait_until(lambda: stage.manager.knocks, 5, what="the knock")
    assert stage.manager.knocks == [(stage.account, "blockchain-connector")]
    stage.manager.problem = 503
    assert stage.trigger(unit_or_meter=str(stage.point)).status_code == 200
    assert len(stage.events()) == 2


def test_m_evt_02_a_key_is_one_event_and_without_one_the_rule_guards(stage: Stage) -> None:
    slot = {"slot_start": datetime.fromtimestamp(int(stage.chain.now()) // SLOT_S * SLOT_S, UTC).isoformat()}
    headers = {**stage.pool.header("Admin"), "Idempotency-Key": random_name()}
    first, second = (stage.trigger(headers=headers, **slot) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.json() == second.json()
    other = stage.trigger(headers=headers, **slot, energy_wh=1)
    assert (other.status_code, other.json()["key_reused"]) == (409, True)
    again = stage.trigger(**slot)
    assert (again.status_code, again.json()["rule"]) == (409, "M-EVT-03")


def test_a_number_that_nobody_has_is_404(stage: Stage) -> None:
    for number in ("1TBI0000000012", "SEE900000000126", "1TBI0000000022", "1TBI0000000099", "4999", "0" * 64):
        answer = stage.trigger(unit_or_meter=number)
        assert answer.status_code == 404, number
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_manager_that_does_not_answer_rightly(stage: Stage) -> None:
    for status, shown in ((503, 503), (504, 503), (403, 502), (404, 502)):
        stage.manager.problem = status
        answer = stage.trigger()
        assert answer.status_code == shown, answer.text
        assert ("Retry-After" in answer.headers) == (shown == 503)
        assert stage.trigger(unit_or_meter=str(stage.point)).status_code == 200


def test_while_the_manager_is_away_hashes_and_ids_work(stage: Stage) -> None:
    stage.manager.close()
    answer = stage.trigger()
    assert (answer.status_code, answer.json()["away"], answer.headers["Retry-After"]) == (503, "manager", "5")
    assert "its hash" in answer.json()["detail"]
    for number in (salted(stage.salt, stage.meter), str(stage.point)):
        assert stage.trigger(unit_or_meter=number).status_code == 200


def test_who_may_raise_events(stage: Stage) -> None:
    for headers, status in (
        ({}, 401),
        (stage.pool.header("User"), 403),
        (stage.pool.header(), 403),
        (stage.pool.header("Admin"), 200),
        (stage.pool.header("EVU"), 200),
        (stage.pool.service(), 200),
    ):
        assert stage.trigger(headers=headers).status_code == status


BAD: tuple[tuple[int, dict[str, Any]], ...] = (
    (403, {"account": "somebody"}),
    (403, {"account": "tbievu"}),
    (409, {"event_type": "other"}),
    (400, {"event_type": "send data"}),
    (400, {"event_type": None}),
    (400, {"event_type": "z" * 16}),
    (400, {"account": None}),
    (400, {"unit_or_meter": ""}),
    (400, {"unit_or_meter": None}),
    (400, {"unit_or_meter": "a b"}),
    (400, {"unit_or_meter": 7}),
    (400, {"slot_start": "noon"}),
    (400, {"slot_start": None}),
    (400, {"slot_start": "2026-10-25T02:30:00"}),
    (409, {"slot_start": "2026-11-22T07:15:01Z"}),
    (400, {"energy_wh": -1}),
    (400, {"energy_wh": 2**32}),
    (400, {"energy_wh": 1.5}),
    (400, {"buyer_account": "Buyer"}),
    (400, {"buyer_account": "zzzzzzzzzzzzz"}),
    (400, {"more": 1}),
    (404, {"market": "nosuchmarket"}),
)


def test_bad_events(stage: Stage) -> None:
    for status, changes in BAD:
        answer = stage.trigger(**changes)
        assert answer.status_code == status, (changes, answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
    assert stage.events() == []
