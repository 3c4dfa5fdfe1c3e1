"""How good the forecasts of a unit's day were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.forecast_connector.domain.accuracy import DayAccuracy, day_accuracy
from services.forecast_connector.domain.maximum import NotCovered
from services.forecast_connector.domain.times import QUARTER_S, quarters_of
from services.forecast_connector.measured import Measured
from services.forecast_connector.repository import Repository, Selection
from services.forecast_connector.service.queries import Asker, Queries


@dataclass(frozen=True, slots=True)
class UnitAccuracy:
    """`slots`: quarter hours of the day (92, 96 or 100)."""

    rated_kw: float | None
    slots: int
    found: DayAccuracy


@dataclass(frozen=True)
class Accuracies:
    """Raises PyMongoError, ForecastError."""

    repository: Repository
    queries: Queries
    measured: Measured

    def of(self, asker: Asker, mastr_nr: str, day: date) -> UnitAccuracy:
        """Raises NotOwner; Unknown where nothing can be measured, NotCovered where nothing was forecast."""
        self.queries.check_own(asker, mastr_nr)
        quarters = quarters_of(day)
        begin, end = quarters[0], quarters[-1] + QUARTER_S
        said = self.repository.blocks(begin, end, Selection(mastr_nr=mastr_nr))
        blocks = [one for one in said if one.block.series.kind == "generation"]
        if not blocks:
            raise NotCovered(f"no forecast of the generation of {mastr_nr} covers {day}")
        energies = self.measured.generation(mastr_nr, day)
        rated = self.measured.rated_kw(mastr_nr)
        return UnitAccuracy(rated, len(quarters), day_accuracy(quarters, blocks, energies, rated))
