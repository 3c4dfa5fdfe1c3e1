"""A box's performer with its real TPM: swtpm, the TPM API, the connector, a node."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.chain import market as chain_market
from deploy.chain.market import Participant, Point
from services.shared.wait import wait_until
from tests.integration.chain.support import Chain, random_name
from tests.integration.chain.tpm_box import TpmBox, tpm_box


@pytest.fixture
def box(chain: Chain, tmp_path: Path) -> Iterator[TpmBox]:
    """Set up as in the field: the TPM makes the key, then the operator registers account and box."""
    with tpm_box(chain, tmp_path, random_name("b")) as made:
        point = Point(secrets.token_hex(32), units=(secrets.token_hex(32),))
        chain_market.register_participant(chain.governance, "lem", Participant(made.account, made.key, (point,)))
        chain_market.fund(chain.governance, [made.account], "5.000000 EUR")
        made.connector.start()
        yield made


def test_m_led_01_a_box_pays_in_with_its_tpms_key(chain: Chain, box: TpmBox) -> None:
    data = {"from": box.account, "to": "tbimarket", "quantity": "2.000000 EUR", "memo": "lem"}
    answer = box.connector.post(random_name(), {"account": "tbitoken", "name": "transfer", "data": data})
    assert answer.status_code == 200, answer.text
    assert chain.ledger("lem")[box.account]["available"] == 2_000_000


def test_a_box_signs_nothing_for_another(chain: Chain, box: TpmBox) -> None:
    """The TPM API looks at what it signs: for good refused, nothing sent."""
    data = {"market": "lem", "box": "tbievu", "slot": 900, "readings": []}
    key = random_name()
    deliver = {"account": "tbimarket", "name": "deliver", "data": data}
    first, second = box.connector.post(key, deliver), box.connector.post(key, deliver)
    assert first.status_code == 403, first.text
    assert "rule" not in first.json()
    assert first.json() == second.json()


def test_m_del_01_a_point_that_is_not_the_boxs_is_refused_by_rule(chain: Chain, box: TpmBox) -> None:
    reading = {"point": 2**32 - 1, "fed_in_wh": 0, "consumed_wh": 0, "units": []}
    slot = int(chain.now()) // 900 * 900 - 900
    data = {"market": "lem", "box": box.account, "slot": slot, "readings": [reading]}
    answer = box.connector.post(random_name(), {"account": "tbimarket", "name": "deliver", "data": data})
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-DEL-01"), answer.text


def test_without_its_tpm_a_box_sends_nothing(chain: Chain, box: TpmBox) -> None:
    data = {"from": box.account, "to": "tbimarket", "quantity": "1.000000 EUR", "memo": "lem"}
    transfer = {"account": "tbitoken", "name": "transfer", "data": data}
    key = random_name()
    assert "lock-out counter" in _tpm(box)["detail"]
    box.tpm_api.stop()
    assert (_tpm(box)["status"], "does not answer" in _tpm(box)["detail"]) == ("failed", True)
    away = box.connector.post(key, transfer)
    assert (away.status_code, away.json()["away"]) == (503, "signer")
    box.tpm_api.start()
    answer = wait_until(lambda: _ok(box.connector.post(key, transfer)), 20, what="the TPM API's return")
    assert chain.client.transaction(answer.json()["transaction_id"]) is not None
    assert chain.ledger("lem")[box.account]["available"] == 1_000_000


def _tpm(box: TpmBox) -> dict[str, str]:
    """What the connector's health says of it."""
    told: dict[str, str] = box.connector.get("/health").json()["checks"]["tpm"]
    return told


def _ok(answer: requests.Response) -> requests.Response | None:
    return answer if answer.status_code == 200 else None
