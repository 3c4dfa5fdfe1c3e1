"""What dies is started again; who asks is told how things stand."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from deploy.local.plan import make
from deploy.local.settings import REPO, read
from deploy.local.up import up
from services.shared.wait import wait_until
from tests.local_system import RunningSystem

_OF_A_BOX = ("swtpm", "redis", "openems", "tpm-api", "blockchain-connector", "cls-box-logic", "worker")
_OF_THE_CLOUD = (
    *("chain", "identity", "mongod", "redis", "mastr-simulator", "gateway", "keeper", "forecast-oracle"),
    *("background-manager-logic", "mastr-connector", "forecast-connector", "blockchain-connector"),
    *("mastr-connector-worker", "forecast-connector-worker", "trigger-service"),
)
PARTS = (*_OF_THE_CLOUD, *(f"seller.{part}" for part in _OF_A_BOX))
BOXES = 4


def tbi(system: RunningSystem, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=REPO,
        env={**os.environ, **system.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_part_is_well_and_says_where_it_is(running_system: RunningSystem) -> None:
    rows = running_system.status()
    assert [part for part, row in rows.items() if not row.well] == []
    assert len(rows) == len(_OF_THE_CLOUD) + BOXES * len(_OF_A_BOX)
    assert set(PARTS) < set(rows)
    assert running_system.endpoints == running_system.plan.endpoints()


def test_a_second_up_says_that_it_runs_and_where(running_system: RunningSystem) -> None:
    said: list[str] = []
    before = running_system.supervisor.states()
    up(running_system.plan, said.append, with_portal=False)
    assert said[:3] == [
        f"runs already, with its data in {running_system.plan.settings.data}",
        "",
        f"portal: {running_system.plan.portal_url}",
    ]
    assert running_system.supervisor.states() == before


def test_every_user_signs_in_and_nothing_but_the_newcomer_is_missing(running_system: RunningSystem) -> None:
    users = running_system.users
    assert list(users) == ["admin", "evu", "machine", "seller", "bidder1", "bidder2", "newcomer"]
    for role in users:
        assert running_system.token(role)
    accounts = {role: user["attributes"].get("eos_account") for role, user in users.items()}
    assert {role for role, account in accounts.items() if account} == {"seller", "bidder1", "bidder2"}


def test_the_first_fill_has_registered_imported_and_paid(running_system: RunningSystem) -> None:
    system = running_system
    units = system.get("admin", "background-manager-logic", "/market/units")["items"]
    assert {unit["unit_mastr_nr"] for unit in units} == {box.units[0].mastr_nr for box in system.plan.boxes[:2]}
    for role in ("seller", "bidder1", "bidder2"):
        money = system.get(role, "background-manager-logic", "/market/account")
        assert min(Decimal(money["available_eur"]), Decimal(money["wallet_eur"])) > 0
    for box in system.plan.boxes:
        for unit in box.units:
            there = system.get("admin", "mastr-connector", f"/unit/{unit.mastr_nr}")
            assert there["operator_mastr_nr"] == box.operator_nr
            assert Decimal(str(there["gross_power_kw"])) * 1000 == unit.peak_w
    tomorrow = datetime.now(ZoneInfo("Europe/Berlin")).date() + timedelta(days=1)
    query = {"mastr_nr": system.plan.boxes[0].units[0].mastr_nr, "slot_start": f"{tomorrow}T12:00:00"}
    assert system.get("seller", "forecast-connector", "/max-offer", **query)["generation_wh"] > 0


def test_an_up_that_was_interrupted_is_completed(running_system: RunningSystem) -> None:
    for part in ("bidder2.worker", "bidder2.tpm-api"):
        running_system.supervisor.stop(part)
    said: list[str] = []
    up(running_system.plan, said.append, with_portal=False)
    assert said[0] == "runs in part; starting bidder2.tpm-api, bidder2.worker"
    assert [part for part, row in running_system.status().items() if not row.well] == []


def test_the_status_command_shows_the_table(running_system: RunningSystem) -> None:
    shown = tbi(running_system, "status")
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert lines[0].split()[:2] == ["PART", "STATE"]
    assert len(lines) == 1 + len(_OF_THE_CLOUD) + BOXES * len(_OF_A_BOX)


def test_the_logs_command_shows_what_a_part_wrote(running_system: RunningSystem) -> None:
    shown = tbi(running_system, "logs", "seller.openems")
    assert shown.returncode == 0
    assert "openems" in shown.stdout


def test_another_system_in_the_same_folder_is_found_by_its_folder_alone(running_system: RunningSystem) -> None:
    found = make(read({"TBI_DATA": str(running_system.plan.settings.data)}))
    assert found.endpoints() == running_system.plan.endpoints()


def test_keys_and_secrets_are_for_their_owner_only(running_system: RunningSystem) -> None:
    data = running_system.plan.settings.data
    names = (
        "*.key",
        "*.secret",
        "secret",
        "box.json",
        "config.ini",
        "credentials",
        "demo-users.json",
        "mongo-password",
    )
    private = [file for name in names for file in data.rglob(name)]
    assert len(private) >= 12 + 4 + 4 + 4 + 1 + 1 + 1 + 1
    assert {oct(stat.S_IMODE(file.stat().st_mode)) for file in private} == {"0o600"}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_is_started_again(running_system: RunningSystem, part: str) -> None:
    before = running_system.pid(part)
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        row = running_system.status()[part]
        return row.well and row.pid != str(before)

    wait_until(is_back, 40, every=0.3, what=f"the return of {part}")
    wait_until(
        lambda: all(row.well for row in running_system.status().values()), 40, every=0.3, what="everything's health"
    )
