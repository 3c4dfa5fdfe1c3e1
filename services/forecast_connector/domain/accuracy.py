"""How good forecasts were: against what was measured, per unit and day, without hindsight.

The measures are those of the field (IEA Wind Task 36, "Recommended Practice", part 3): with e = forecast - measured per
quarter hour, MAE = mean |e|, RMSE = sqrt(mean e^2), bias = mean e (+: too much was forecast), nRMSE = RMSE / rated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.forecast_connector.domain.series import Issue, IssuedBlock
from services.forecast_connector.domain.times import QUARTER_S

Horizon = Literal["day_ahead", "intraday"]
Energies = Mapping[int, int]
"""Wh by quarter hour (its start, seconds since the epoch)."""

_WH_OF_A_KW = QUARTER_S / 3.6


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the quarter hours that both are known of. Errors in Wh in a quarter hour, `nrmse` a part of the rated power,
    None where that is not known; the sums in Wh."""

    slots: int
    mae_wh: float
    rmse_wh: float
    bias_wh: float
    nrmse: float | None
    forecast_wh: int
    measured_wh: int


@dataclass(frozen=True, slots=True)
class IssueFigures:
    """Of one issue: day-ahead where it was made before the day began."""

    issue: Issue
    horizon: Horizon
    figures: Figures


@dataclass(frozen=True, slots=True)
class Missing:
    """A quarter hour that no figure counts, and what of it is not known."""

    slot: int
    lacks: tuple[Literal["forecast", "measurement"], ...]


@dataclass(frozen=True, slots=True)
class DayAccuracy:
    """`day_ahead`: by what was known when the day began; `latest`: by what was known when each quarter hour began.
    None where that is nothing."""

    day_ahead: Figures | None
    latest: Figures | None
    issues: tuple[IssueFigures, ...]
    missing: tuple[Missing, ...]


def day_accuracy(
    quarters: Sequence[int], blocks: Iterable[IssuedBlock], measured: Energies, rated_kw: float | None
) -> DayAccuracy:
    """Of a unit's day: `quarters` are its quarter hours, `blocks` all that was said of the unit's generation in them.

    A value that was issued after its quarter hour had begun is no forecast of it, and counts nowhere.
    """
    wanted, begin = frozenset(quarters), quarters[0]
    by_issue: dict[Issue, dict[int, int]] = {}
    for issued in blocks:
        said = by_issue.setdefault(issued.issue, {})
        for index, energy in enumerate(issued.block.values):
            slot = issued.block.start + index * QUARTER_S
            if energy is not None and slot in wanted and issued.issue.issued_at <= slot:
                said[slot] = energy
    ranked = sorted(by_issue, key=lambda issue: issue.rank)
    ahead = [issue for issue in ranked if issue.issued_at <= begin]
    latest = _merged(by_issue[issue] for issue in ranked)
    of_issues = []
    for issue in ranked:
        found = figures(by_issue[issue], measured, rated_kw)
        if found is not None:
            of_issues.append(IssueFigures(issue, "day_ahead" if issue in ahead else "intraday", found))
    return DayAccuracy(
        figures(_merged(by_issue[issue] for issue in ahead), measured, rated_kw),
        figures(latest, measured, rated_kw),
        tuple(of_issues),
        tuple(_missing(quarters, latest, measured)),
    )


def figures(forecast: Energies, measured: Energies, rated_kw: float | None) -> Figures | None:
    """None where no quarter hour is in both."""
    common = sorted(forecast.keys() & measured.keys())
    if not common:
        return None
    errors = [forecast[slot] - measured[slot] for slot in common]
    rmse = math.sqrt(sum(error * error for error in errors) / len(errors))
    return Figures(
        slots=len(common),
        mae_wh=sum(map(abs, errors)) / len(errors),
        rmse_wh=rmse,
        bias_wh=sum(errors) / len(errors),
        nrmse=rmse / (rated_kw * _WH_OF_A_KW) if rated_kw else None,
        forecast_wh=sum(forecast[slot] for slot in common),
        measured_wh=sum(measured[slot] for slot in common),
    )


def _merged(issues: Iterable[Energies]) -> dict[int, int]:
    merged: dict[int, int] = {}
    for said in issues:
        merged.update(said)
    return merged


def _missing(quarters: Sequence[int], forecast: Energies, measured: Energies) -> Iterable[Missing]:
    for slot in quarters:
        lacks: list[Literal["forecast", "measurement"]] = []
        if slot not in forecast:
            lacks.append("forecast")
        if slot not in measured:
            lacks.append("measurement")
        if lacks:
            yield Missing(slot, tuple(lacks))
