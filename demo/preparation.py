"""Before the first slot: register import, market, registrations, the utility's workbook, money."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from demo import story
from demo.stage import Stage, StageError
from deploy.chain.market import open_market
from deploy.local.fill.people import FORECAST, MANAGER, MASTR, Person
from services.shared.wait import wait_until

Say = Callable[[str, str], None]
_LOCAL = ZoneInfo("Europe/Berlin")
_QUARTER = timedelta(minutes=15)
_QUARTERS = 4
_JOB_S = 120
_MARKET_LASTS_S = 240


@dataclass(frozen=True)
class Ready:
    """`accounts`: chain account -> the story's name; `units`: that name -> MaStR number."""

    accounts: Mapping[str, str]
    units: Mapping[str, str]


def prepare(stage: Stage, market: str, say: Say) -> Ready:
    """Everything up to the first offer. Raises StageError, ChainError, TimeoutError."""
    for meters in stage.meters.values():
        meters.be_quiet()
    _import_register(stage, say)
    _open(stage, market, say)
    ready = _register(stage, market, say)
    _forecast(stage, ready, say)
    _pay_in(stage, market, ready, say)
    return ready


def _import_register(stage: Stage, say: Say) -> None:
    """The export that the first start imported: the same again changes nothing."""
    exports = sorted((stage.plan.settings.data / "mastr").glob("*.zip"))
    if not exports:
        raise StageError("there is no export of the register in the data folder: run ./tbi up first")
    job = stage.admin.post(f"{MASTR}/init", {"source": exports[-1].name})
    _done(stage.admin, f"{MASTR}/job/{job['job_id']}")
    counts = stage.admin.get(f"{MASTR}/status")
    say(
        "register", f"{exports[-1].name} is imported: {_total(counts)} units of the Marktstammdatenregister (generated)"
    )


def _open(stage: Stage, market: str, say: Say) -> None:
    """Markets are opened by the governors' multi-signature: no route does that."""
    until = (int(time.time()) // story.SLOT_S + story.SLOTS_UNTIL_THE_END) * story.SLOT_S + _MARKET_LASTS_S
    open_market(stage.chain, story.market(market, until))
    gate = story.PARAMS.lead_s
    say("market", f"{market} is open: slots of {story.SLOT_S} s, gate {gate} s before, by two governors")


def _register(stage: Stage, market: str, say: Say) -> Ready:
    accounts, units = {}, {}
    records = {record["username"]: record for record in stage.admin.all(f"{MANAGER}/participants")}
    for name in story.PLAYERS:
        record = records.get(stage.people[name].username)
        if record is None or not record.get("eos_account"):
            raise StageError(f"{name} has no participant record with a chain account: run ./tbi up first")
        box, account = record["cls_box_ip"], record["eos_account"]
        body = {"cls_box_ip": box, "account_name": account, "market": market}
        stage.admin.post(f"{MANAGER}/eos-account", body)
        accounts[account] = name
        say("account", f"{name} takes part as {account}; its key is held by the TPM of the box at {box}")
        for number in [unit for point in record["metering_points"] for unit in point["unit_mastr_nrs"]]:
            stage.admin.post(f"{MANAGER}/market/unit", {"unit_mastr_nr": number, "market": market})
            units[name] = number
            say("unit", f"{number} of {name} is registered on the market")
    return Ready(accounts, units)


def _forecast(stage: Stage, ready: Ready, say: Say) -> None:
    """The utility's forecast department puts a workbook into its folder."""
    file = stage.plan.settings.data / "forecasts" / f"demo_{datetime.now(UTC):%Y%m%d%H%M%S}.xlsx"
    columns = {ready.units[name]: kwh for name, kwh in story.GENERATION_FORECAST_KWH.items()}
    write_workbook(file, columns, datetime.now(UTC))
    job = stage.admin.post(f"{FORECAST}/update", {})
    done = _done(stage.admin, f"{FORECAST}/job/{job['job_id']}")
    if file.name not in str(done.get("result")):
        raise StageError(f"the Forecast-Connector did not take {file.name}: {done.get('result')}")
    say("workbook", f"{file.name} of the utility is read: {_QUARTERS} quarter hours, {len(columns)} units")


def write_workbook(file: Path, columns: Mapping[str, str], now: datetime) -> None:
    """Generation in kWh for the quarter hour at hand and the next ones; written beside its place and moved there."""
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["Ausgegeben am", now.astimezone(_LOCAL).strftime("%d.%m.%Y %H:%M:%S")])
    sheet.append(["Zeitzone", "UTC"])
    sheet.append(["Zeit", *(f"PV {number} (kWh)" for number in columns)])
    begin = datetime.fromtimestamp(int(now.timestamp()) // 900 * 900, UTC)
    for number in range(_QUARTERS):
        sheet.append([(begin + number * _QUARTER).strftime("%Y-%m-%dT%H:%M:%SZ"), *map(float, columns.values())])
    draft = file.with_suffix(".part")
    book.save(draft)
    draft.replace(file)


def _pay_in(stage: Stage, market: str, ready: Ready, say: Say) -> None:
    """The utility credits a payment; its owner moves it into the market, signed by his box."""
    for account, name in ready.accounts.items():
        credit = {"market": market, "amount_eur": story.DEPOSIT.eur, "eos_account": account}
        stage.evu.post(f"{MANAGER}/market/deposit", credit, key=f"{market}-credit-{name}")
        body = {"market": market, "amount_eur": story.DEPOSIT.eur}
        stage.people[name].post(f"{MANAGER}/market/deposit", body, key=f"{market}-deposit-{name}")
        say("deposit", f"{name} pays {story.eur(story.DEPOSIT)} into the market")


def _done(person: Person, path: str) -> dict[str, Any]:
    """The job's end. Raises StageError when it failed."""
    found: dict[str, Any] = {}

    def ended() -> bool:
        found.update(person.get(path))
        return found["status"] in ("finished", "failed")

    wait_until(ended, _JOB_S, every=0.3, what=f"the end of job {path.rpartition('/')[2]}")
    if found["status"] == "failed":
        raise StageError(f"job {path.rpartition('/')[2]} failed: {found.get('error')}")
    return found


def _total(status: Mapping[str, Any]) -> int:
    return sum(status["counts"].values())
