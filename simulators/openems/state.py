"""What a restarted process goes on from: counters, sources and quirks in one file, replaced as a whole."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulators.openems.faults import Faults
from simulators.openems.household import Household
from simulators.openems.sources import Stretch


class StateFile:
    """The state of a household in `directory`/state.json."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "state.json"

    def save(self, household: Household, faults: Faults) -> None:
        """Writes the state so that a crash leaves the old file or the new one."""
        body = {
            "at_ms": household.at_ms,
            "energy": household.energy,
            "stored": household.stored,
            "schedule": [asdict(stretch) for stretch in household.sources.schedule],
            "written": household.sources.written,
            "faults": faults.to_json(),
        }
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def load(self, household: Household) -> Faults:
        """Sets a new household to the saved state, at the time of saving; without a file it stays as it is."""
        if not self._path.exists():
            return Faults()
        body: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        household.at_ms = body["at_ms"]
        household.energy.update(body["energy"])
        household.stored = body["stored"]
        household.sources = household.sources.with_schedule([Stretch(**entry) for entry in body["schedule"]])
        for component, values in body["written"].items():
            for from_ms, value in values:
                household.sources = household.sources.with_written(component, from_ms, value)
        return Faults(**body["faults"])
