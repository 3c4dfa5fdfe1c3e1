"""A box's performer with its real TPM: swtpm, the TPM API, the connector, a node."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from deploy.chain import market as chain_market
from deploy.chain.market import Participant, Point
from services.shared.wait import wait_until
from services.tpm_api.swtpm import free_port_pair, swtpm_command, swtpm_tcti
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, ServedProcess, free_port, random_name


@dataclass
class Box:
    account: str
    connector: Connector
    tpm_api: ServedProcess


@pytest.fixture
def box(chain: Chain, tmp_path: Path) -> Iterator[Box]:
    """Set up as in the field: the TPM makes the key, then the operator registers account and box."""
    port, api_port, account = free_port_pair(), free_port(), random_name("b")
    (tmp_path / "tpm").mkdir()
    config = tmp_path / "box.json"
    config.write_text(json.dumps({"name": "box1", "account": account}))
    connector = Connector(
        tmp_path,
        chain.node.url,
        TBI_BOX_CONFIG=str(config),
        TBI_TPM_API_URL=f"http://127.0.0.1:{api_port}",
        TBI_CLS_BOX_LOGIC_URL=f"http://127.0.0.1:{free_port()}",
    )
    tpm_api = ServedProcess(
        "services.tpm_api",
        {
            "TBI_TPM_TCTI": swtpm_tcti(port),
            "TBI_PORT": str(api_port),
            "TBI_STATE_DIR": str(tmp_path / "tpm-api"),
            "TBI_BOX_CONFIG": str(config),
            "TBI_BOX_SECRET_FILE": str(tmp_path / "secret"),
        },
        tmp_path / "tpm-api.log",
    )
    swtpm = subprocess.Popen(
        swtpm_command(tmp_path / "tpm", port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        tpm_api.start()
        url = f"http://127.0.0.1:{api_port}/tpm-api/api/v1"
        key = wait_until(lambda: _make_key(url, connector.headers), 20, what="the TPM's key")
        point = Point(secrets.token_hex(32), units=(secrets.token_hex(32),))
        chain_market.register_participant(chain.governance, "lem", Participant(account, key, (point,)))
        chain_market.fund(chain.governance, [account], "5.000000 EUR")
        connector.start()
        yield Box(account, connector, tpm_api)
    finally:
        connector.process.stop()
        tpm_api.stop()
        swtpm.terminate()
        swtpm.wait(10)


def _make_key(url: str, headers: dict[str, str]) -> str | None:
    try:
        answer = requests.post(f"{url}/key", json={"label": "account"}, headers=headers, timeout=10)
        key = requests.get(f"{url}/key/account", headers=headers, timeout=10)
    except requests.RequestException:
        return None
    assert answer.ok, answer.text
    return str(key.json()["public_key"])


def test_m_led_01_a_box_pays_in_with_its_tpms_key(chain: Chain, box: Box) -> None:
    data = {"from": box.account, "to": "tbimarket", "quantity": "2.000000 EUR", "memo": "lem"}
    answer = box.connector.post(random_name(), {"account": "tbitoken", "name": "transfer", "data": data})
    assert answer.status_code == 200, answer.text
    assert chain.ledger("lem")[box.account]["available"] == 2_000_000


def test_a_box_signs_nothing_for_another(chain: Chain, box: Box) -> None:
    """The TPM API looks at what it signs: for good refused, nothing sent."""
    data = {"market": "lem", "box": "tbievu", "slot": 900, "readings": []}
    key = random_name()
    deliver = {"account": "tbimarket", "name": "deliver", "data": data}
    first, second = box.connector.post(key, deliver), box.connector.post(key, deliver)
    assert first.status_code == 403, first.text
    assert "rule" not in first.json()
    assert first.json() == second.json()


def test_m_del_01_a_point_that_is_not_the_boxs_is_refused_by_rule(chain: Chain, box: Box) -> None:
    reading = {"point": 2**32 - 1, "fed_in_wh": 0, "consumed_wh": 0, "units": []}
    slot = int(chain.now()) // 900 * 900 - 900
    data = {"market": "lem", "box": box.account, "slot": slot, "readings": [reading]}
    answer = box.connector.post(random_name(), {"account": "tbimarket", "name": "deliver", "data": data})
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-DEL-01"), answer.text


def test_without_its_tpm_a_box_sends_nothing(chain: Chain, box: Box) -> None:
    data = {"from": box.account, "to": "tbimarket", "quantity": "1.000000 EUR", "memo": "lem"}
    transfer = {"account": "tbitoken", "name": "transfer", "data": data}
    key = random_name()
    box.tpm_api.stop()
    away = box.connector.post(key, transfer)
    assert (away.status_code, away.json()["away"]) == (503, "signer")
    box.tpm_api.start()
    answer = wait_until(lambda: _ok(box.connector.post(key, transfer)), 20, what="the TPM API's return")
    assert chain.client.transaction(answer.json()["transaction_id"]) is not None
    assert chain.ledger("lem")[box.account]["available"] == 1_000_000


def _ok(answer: requests.Response) -> requests.Response | None:
    return answer if answer.status_code == 200 else None
