"""A maximum in words: what was added, what was deducted and where, and by which forecast of whose."""

from __future__ import annotations

from collections.abc import Iterator

from services.forecast_connector.domain.maximum import Part, PointMaximum, UnitMaximum
from services.forecast_connector.domain.times import iso


def explanation(unit: UnitMaximum, point: PointMaximum) -> str:
    """Some sentences, for the unit's owner and the utility's dispatcher."""
    return " ".join(_sentences(unit, point))


def _sentences(unit: UnitMaximum, point: PointMaximum) -> Iterator[str]:
    for part in point.parts:
        yield f"{_subject(part)} {_verb(part)} {part.energy_wh} Wh ({_origin(part)})."
    yield (
        f"What is consumed, {point.consumption_wh} Wh, is deducted once for the metering point: "
        f"{point.generation_wh} Wh generated leave {point.feed_in_wh} Wh to feed in."
    )
    if len(point.units) > 1:
        yield (
            f"Of these {unit.mastr_nr} may offer {unit.max_wh} Wh: its share by generation "
            f"({unit.generation_wh} of {point.generation_wh} Wh), cumulated in the order of MaStR numbers and rounded "
            "down (M-DEL-06)."
        )
    else:
        yield f"{unit.mastr_nr} may offer all of it."


def _subject(part: Part) -> str:
    return "The household behind the meter" if part.load is not None else str(part.forecast.series.mastr_nr)


def _verb(part: Part) -> str:
    return "generates" if part.kind == "generation" else "consumes"


def _origin(part: Part) -> str:
    issue = part.forecast.issue
    said = f"{issue.source}, issued {iso(issue.issued_at)}"
    if part.load is None:
        return said
    norm = part.forecast.series.norm_kwh_annum
    return (
        f"profile {part.load.profile}: {part.forecast.energy_wh} Wh for {norm} kWh a year, scaled to "
        f"{part.load.kwh_annum} kWh a year; {said}"
    )
