"""The first fill, as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from deploy.local.fill.household import MARKET, Household, There
from deploy.local.fill.memory import Memory
from deploy.local.fill.people import FORECAST, MANAGER, MASTR, FillError, Person, Refused
from deploy.local.fill.region import begin_forecasts, begin_import, today, wait_for_job
from deploy.local.identity.files import read_json, write_json
from deploy.local.plan import Plan
from deploy.local.wellness import Say

EVU_EUR: Final = "1000.00"


def fill(plan: Plan, say: Say) -> None:
    """Register, forecasts, and every box that is to be added. What is there stays; says a line for each step.

    Raises FillError; a repetition goes on where it stopped.
    """
    try:
        _fill(plan, say)
    except (Refused, TimeoutError) as error:
        raise FillError(f"the first fill does not go on: {error}") from error


def _fill(plan: Plan, say: Say) -> None:
    users = read_json(plan.settings.users)
    gateway = plan.url("gateway")
    people = {role: Person(gateway, user["username"], user["password"], user["sub"]) for role, user in users.items()}
    admin, evu = people["admin"], people["evu"]
    memory = Memory(plan.settings.data / "first-fill.json")
    there = There.look(admin)
    households = [Household(box, people[box.name], admin, evu, memory, say) for box in plan.boxes if box.added]
    open_ones = [household for household in households if not household.is_complete(there)]
    jobs = {
        MASTR: begin_import(plan, admin, say),
        FORECAST: begin_forecasts(plan, admin, today(), say),
    }
    for base, job in jobs.items():
        if job is not None:
            wait_for_job(admin, base, job)
    _at_once([partial(one.add, there) for one in open_ones])
    if not memory.is_done("evu"):
        evu.post(
            f"{MANAGER}/market/deposit", {"market": MARKET, "amount_eur": EVU_EUR}, key=f"first-fill-evu-{evu.sub}"
        )
        memory.done("evu")
        say(f"evu: {EVU_EUR} EUR paid into {MARKET}")
    if open_ones:
        _note_attributes(plan, admin)


def _at_once(tasks: list[Callable[[], None]]) -> None:
    """Boxes do not wait for each other; the first failure is told when all have ended."""
    with ThreadPoolExecutor(max(1, len(tasks))) as pool:
        for ended in [pool.submit(task) for task in tasks]:
            ended.result()


def _note_attributes(plan: Plan, admin: Person) -> None:
    """demo-users.json shows what the pool has now; the emulation's parent writes the same when it starts next."""
    users = read_json(plan.settings.users)
    records = {entry["sub"]: entry for entry in admin.all(f"{MANAGER}/participants")}
    for user in users.values():
        if (record := records.get(user["sub"])) is not None:
            user["attributes"] = attributes_of(record)
    write_json(plan.settings.users, users)


def attributes_of(record: Mapping[str, Any]) -> dict[str, str]:
    """A participant record as the pool mirrors it."""
    names = ("betreiber_mastr_nr", "eos_account", "cls_box_ip", "kwh_annum")
    return {name: str(record[name]) for name in names if record.get(name) is not None}
