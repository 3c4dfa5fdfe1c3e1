"""What the routes call."""

from __future__ import annotations

from dataclasses import dataclass

from services.forecast_connector.service.accuracy import Accuracies
from services.forecast_connector.service.queries import Queries
from services.forecast_connector.service.workbooks import Workbooks
from services.shared.data import Jobs


@dataclass(frozen=True)
class UseCases:
    """All of them."""

    queries: Queries
    workbooks: Workbooks
    accuracies: Accuracies
    jobs: Jobs
