"""The demonstration on the whole system: what `./tbi demo` runs, and that it can fail."""

from __future__ import annotations

import os
import subprocess
import sys

from demo.run import Run
from demo.stage import build
from deploy.chain.accounts import EVU
from deploy.local.settings import REPO
from market.values import Money
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until
from tests.local_system import RunningSystem


def demo(system: RunningSystem) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo"],
        cwd=REPO,
        env={**os.environ, **system.environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_one_slot_is_sold_delivered_and_settled_as_the_model_says(running_system: RunningSystem) -> None:
    done = demo(running_system)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every unit accounted for at each of" in done.stdout
    assert "rows are as the model says" in done.stdout
    assert "! " not in done.stdout


def pay_in(system: RunningSystem, market: str, quantity: str) -> None:
    issued = {"to": EVU, "quantity": quantity, "memo": ""}
    paid = {"from": EVU, "to": "tbimarket", "quantity": quantity, "memo": market}
    steps = [
        Action("tbitoken", name, [(EVU, "active")], data) for name, data in (("issue", issued), ("transfer", paid))
    ]
    system.chain.client.push(steps, [system.chain.keyring.signer(EVU)])


def test_a_row_that_is_not_as_expected_ends_it_with_1(running_system: RunningSystem) -> None:
    """The EVU pays into the demonstration's market behind its back: money stays whole, but its row is another."""
    stage = build(running_system.plan, [])

    def meddle(topic: str, _sentence: str) -> None:
        if topic == "offer":
            pay_in(running_system, run.market, Money.from_eur("1").asset)

    run = Run(stage, meddle)
    wrong = [row.what for row in run.perform() if not row.holds]
    assert wrong == ["ledger of tbievu: available"]


def test_without_a_part_it_says_which_one_and_what_to_do(running_system: RunningSystem) -> None:
    running_system.supervisor.stop("bidder1.tpm-api")
    try:
        done = demo(running_system)
    finally:
        running_system.supervisor.start(["bidder1.tpm-api"])
        wait_until(lambda: all(row.well for row in running_system.status().values()), 60, every=2.0, what="every part")
    assert done.returncode == 1
    assert "bidder1.tpm-api does not run: start everything with ./tbi up" in done.stderr
