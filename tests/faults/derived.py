"""What the running system derives from the chain and from the register, its loss, and what is there afterwards (R9)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pymongo.database import Database

from deploy.local.fill.people import MASTR, Person
from services.background_manager_logic.market.documents import KINDS
from services.mastr_connector.building import COLLECTIONS
from services.shared.data import database
from services.shared.wait import wait_until
from tests.local_system import RunningSystem

Documents = dict[str, list[dict[str, Any]]]
_OF_THE_CHAIN: Final = (*KINDS, "views")
_REGISTER: Final = re.compile(rf"({'|'.join(COLLECTIONS)})_[0-9a-f]{{12}}")
_HIDDEN: Final = dict.fromkeys(("batch", "noted_at", "at_head"), 0)
_READERS: Final = ("background-manager-logic", "blockchain-connector", "mastr-connector", "mastr-connector-worker")
"""Who keeps what is derived: they are stopped meanwhile, as the runbook says."""

_SWEPT_S: Final = 120
_STILL: Final = "lem"
"""The market that goes on for ever: what it says changes while it is looked at."""


@contextmanager
def opened(system: RunningSystem, name: str) -> Iterator[Database[dict[str, Any]]]:
    """A database of the system."""
    program = system.plan.program("mongod")
    uri = f"mongodb://tbi@{program.host}:{program.ports[0]}/"
    db = database(uri, name, password_file=system.plan.settings.mongo_password)
    try:
        yield db
    finally:
        db.client.close()


def of_the_chain(system: RunningSystem) -> Documents:
    """The read model of all markets that have ended."""
    with opened(system, "background_manager") as db:
        ended = {"market": {"$nin": [_STILL, ""]}}
        return {kind: list(db[f"market_{kind}"].find(ended, _HIDDEN).sort("_id")) for kind in _OF_THE_CHAIN}


def all_ended(chain: Documents) -> bool:
    """Whether no market goes on whose documents are compared; what was left of the last slot is swept by then."""
    return all(market["until"] + _SWEPT_S < time.time() for market in chain["markets"])


def of_the_register(system: RunningSystem) -> Documents:
    """The live copy, by what the collections are called in every generation."""
    with opened(system, "mastr") as db:
        live = db["state"].find_one({"_id": "live"}) or {}
        names = {kind: name for kind, name in live.items() if _REGISTER.fullmatch(str(name))}
        return {kind: _rows(db[name].find()) for kind, name in sorted(names.items())}


def _rows(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """By number; which of them share a pack is chance."""
    rows = [row for document in documents for row in document.get("rows", [document])]
    return sorted(rows, key=lambda row: (str(row["_id"]), str(row)))


def wipe(system: RunningSystem) -> list[str]:
    """All of it, and the connector's own feed of the chain; gives what is gone. The readers run again afterwards."""
    for part in _READERS:
        system.supervisor.stop(part)
    gone = [file.name for file in feeds(system)]
    for file in feeds(system):
        file.unlink()
    gone += _drop(system, "background_manager", lambda name: name.startswith("market_"))
    gone += _drop(system, "mastr", lambda name: name == "state" or bool(_REGISTER.fullmatch(name)))
    system.supervisor.start(list(_READERS))
    wait_until(lambda: not [row for row in system.status().values() if not row.well], 180, every=2.0, what="all parts")
    return gone


def _drop(system: RunningSystem, database_name: str, is_derived: Callable[[str], bool]) -> list[str]:
    with opened(system, database_name) as db:
        names = [name for name in db.list_collection_names() if is_derived(name)]
        for name in names:
            db.drop_collection(name)
    return names


def feeds(system: RunningSystem) -> list[Path]:
    """Where the cloud's connector keeps what it has read of the chain; what it is to write there is in another file."""
    folder = system.plan.settings.data / "cloud/blockchain-connector"
    return sorted(file for name in ("feed", "head") for file in folder.glob(f"{name}.sqlite*"))


def import_again(system: RunningSystem, admin: Person) -> None:
    """The register's export, as the first fill imported it."""
    export = sorted((system.plan.settings.data / "mastr").glob("*.zip"))[-1]
    job = admin.post(f"{MASTR}/init", {"source": export.name})["job_id"]
    ended = ("finished", "failed")
    wait_until(lambda: admin.get(f"{MASTR}/job/{job}")["status"] in ended, 240, every=1.0, what="the register's import")
