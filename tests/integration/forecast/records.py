"""The Background-Manager-Logic as a process, for its participant records; what they say is put into its database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.background_manager_logic.domain import Box, Meter, Participant, Unit
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.repository import Repository
from services.background_manager_logic.service.registry import hash_of
from tests.integration.box.processes import Program, answers, free_port, module
from tests.integration.forecast.pool import Pool
from tests.integration.mongo import Mongo

_DATABASE = "background_manager"
_MARKET = "lem"
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_NOBODY = "http://127.0.0.1:1"


@dataclass(frozen=True)
class Household:
    """A participant with one meter, and the units behind it."""

    sub: str
    salt: str
    serial_number: str
    units: Sequence[str]
    kwh_annum: int = 3500
    kwh_annum_of_meter: int | None = None
    disabled: bool = False


class Records:
    """`url` is the service's; `tell` replaces all that it knows."""

    def __init__(self, folder: Path, mongo: Mongo, pool: Pool) -> None:
        self._mongo = mongo
        secret = folder / "secret"
        secret.write_text("s" * 40)
        secret.chmod(0o600)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/background-manager-logic/api/v1"
        environment = {
            **mongo.environment,
            "TBI_PORT": str(port),
            "TBI_IDENTITY_FILE": str(pool.file),
            "TBI_SERVICE_SECRET_FILE": str(secret),
            "TBI_STATE_DIR": str(folder),
            "TBI_MASTR_CONNECTOR_URL": f"{_NOBODY}/mastr-connector/api/v1",
            "TBI_FORECAST_CONNECTOR_URL": f"{_NOBODY}/forecast-connector/api/v1",
            "TBI_CONNECTOR_URL": f"{_NOBODY}/blockchain-connector/api/v1",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
        }
        self.program = Program(
            module("services.background_manager_logic"),
            environment,
            folder / "manager.log",
            answers(f"{self.url}/health"),
        )

    def tell(self, *households: Household) -> None:
        db = self._mongo.database(_DATABASE)
        try:
            for name in db.list_collection_names():
                db[name].delete_many({})
            kept = Repository(db)
            for number, household in enumerate(households, start=1):
                _put(kept, f"127.0.0.{number}", household)
        finally:
            db.client.close()

    def measure(self, household: Household, mastr_nr: str, produced_wh: Mapping[int, int]) -> None:
        """As if the market's events had told it: what a unit of the household has produced in quarter hours."""
        db = self._mongo.database(_DATABASE)
        try:
            read_model = Store(db)
            read_model.of("markets").insert_one({"_id": _MARKET, "slot_s": 900})
            hashed = hash_of(household.salt, mastr_nr)
            read_model.of("units").insert_one({"market": _MARKET, "hash": hashed, "unit": 1, "point": 1})
            rows = [
                {"market": _MARKET, "point": 1, "slot": slot, "units": {"1": {"produced_wh": wh}}}
                for slot, wh in produced_wh.items()
            ]
            read_model.of("slots").insert_many(rows)
        finally:
            db.client.close()


def _put(kept: Repository, ip: str, household: Household) -> None:
    kept.boxes.add(Box(ip, f"box{ip}", "Trier", _NOW))
    kept.meters.add(Meter(household.serial_number, ip, household.kwh_annum_of_meter, _NOW))
    for number in household.units:
        kept.units.add(Unit(number, ip, "ABR900000000119", "PV", "solar", household.serial_number, _NOW))
    kept.participants.add(
        Participant(
            sub=household.sub,
            username=household.sub,
            email=None,
            cls_box_ip=ip,
            eos_account=None,
            betreiber_mastr_nr=None,
            kwh_annum=household.kwh_annum,
            salt=household.salt,
            disabled=household.disabled,
            mirrored=True,
            version=1,
            created_at=_NOW,
            updated_at=_NOW,
        )
    )
