"""The demonstration on the whole system: what `./tbi demo` runs, and that it can fail."""

from __future__ import annotations

import os
import subprocess
import sys

from demo.run import Run
from demo.stage import build
from deploy.local.fill.people import MANAGER
from deploy.local.settings import REPO
from services.shared.wait import wait_until
from tests.local_system import RunningSystem


def test_the_day_ends_as_the_model_says_and_a_moved_euro_is_seen(running_system: RunningSystem) -> None:
    """Then the EVU pays into the market behind its back: money stays whole, but its row is another."""
    said: list[str] = []
    run = Run(build(running_system.plan, []), lambda topic, sentence: said.append(f"{topic}: {sentence}"))
    rows = run.perform()
    assert [row for row in rows if not row.holds] == [], said
    assert len(rows) > 80
    assert any("every unit accounted for at each of" in line for line in said)
    assert any("the box of bidder2 loses its link" in line for line in said)
    run.stage.evu.post(f"{MANAGER}/market/deposit", {"market": run.market, "amount_eur": "1.00"})
    assert [row.what for row in run.verdict() if not row.holds] == ["tbievu: available"]


def test_without_a_part_it_says_which_one_and_what_to_do(running_system: RunningSystem) -> None:
    running_system.supervisor.stop("bidder1.tpm-api")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cli", "demo"],
            cwd=REPO,
            env={**os.environ, **running_system.environment},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    finally:
        running_system.supervisor.start(["bidder1.tpm-api"])
        wait_until(lambda: all(row.well for row in running_system.status().values()), 60, every=2.0, what="every part")
    assert done.returncode == 1
    assert "bidder1.tpm-api does not run: start everything with ./tbi up" in done.stderr
