"""One order, one trace: who reports the answer's `Trace-Id` is shown all that was done, from the gateway to the TPM."""

from __future__ import annotations

import secrets

import requests

from deploy.local.logs import files, of_trace
from services.shared.wait import wait_until
from tests.local_system import RunningSystem

PARTS = {
    "gateway",
    "background-manager-logic",
    "seller.cls-box-logic",
    "seller.blockchain-connector",
    "seller.tpm-api",
}


def test_an_orders_trace_goes_through_all_parts_to_the_chain(running_system: RunningSystem) -> None:
    headers = {
        "Authorization": f"Bearer {running_system.token('seller')}",
        "Idempotency-Key": secrets.token_hex(16),
    }
    answer = requests.post(
        f"{running_system.public('background-manager-logic')}/market/deposit",
        headers=headers,
        json={"market": "lem", "amount_eur": "0.01"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    logs = files(running_system.plan, None)

    def told() -> list[str]:
        return of_trace(logs, answer.headers["Trace-Id"])

    wait_until(lambda: {line.partition(":")[0] for line in told()} >= PARTS, 20, what="a line of each part")
    transaction = answer.json()["transaction_id"]
    assert any(transaction in line for line in told())
