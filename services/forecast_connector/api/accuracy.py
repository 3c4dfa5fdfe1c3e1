"""The route of forecasts against measured values."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.forecast_connector.api.cases import UseCases
from services.forecast_connector.api.cursors import Values, field
from services.forecast_connector.api.models import Models
from services.forecast_connector.api.parse import MASTR, unit_of
from services.forecast_connector.domain.accuracy import Figures
from services.forecast_connector.domain.times import iso
from services.forecast_connector.service.accuracy import UnitAccuracy
from services.forecast_connector.service.queries import Asker
from services.shared.web import Namespace, Query, Resource, Text
from services.shared.web.tokens import GROUPS, SERVICE, caller, groups

_QUERY = Query(
    {
        "mastr_nr": Text("The unit's MaStR number", pattern=MASTR, required=True),
        "date": Text("A day in Europe/Berlin, such as 2026-11-20", pattern=r"^\d{4}-\d{2}-\d{2}$", required=True),
    }
)


def add_accuracy_route(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    """Add it to `v1`."""

    @v1.route("/accuracy")
    class Accuracy(Resource):
        @groups(*GROUPS, SERVICE)
        @v1.doc(params=_QUERY.doc())
        @v1.response(200, "How good the forecasts of the day were", shapes.accuracy)
        @v1.response(403, "Not a unit of the caller's")
        @v1.response(404, "Nothing was forecast, or the unit is on no market")
        @v1.response(503, "The measured values cannot be had")
        def get(self) -> dict[str, Any]:
            """Forecast against measured generation, per issue; a user asks for his own units."""
            query = _QUERY.read()
            mastr_nr, day = unit_of(query), field(query, "date", _day)
            return {
                "mastr_nr": mastr_nr,
                "date": day.isoformat(),
                **_shown(cases.accuracies.of(_asker(), mastr_nr, day)),
            }


def _asker() -> Asker:
    who = caller()
    return Asker(None if who.service is not None or who.groups & {"Admin", "EVU"} else who.sub)


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not 1971 <= day.year <= 2099:
        raise ValueError("must lie from 1971 to 2099")
    return day


def _shown(accuracy: UnitAccuracy) -> dict[str, Any]:
    found = accuracy.found
    return {
        "rated_power_kw": accuracy.rated_kw,
        "slots": accuracy.slots,
        "day_ahead": None if found.day_ahead is None else _figures(found.day_ahead),
        "latest": None if found.latest is None else _figures(found.latest),
        "issues": [
            {
                "issued_at": iso(one.issue.issued_at),
                "source": one.issue.source,
                "horizon": one.horizon,
                **_figures(one.figures),
            }
            for one in found.issues
        ],
        "missing": [{"slot_start": iso(one.slot), "lacks": list(one.lacks)} for one in found.missing],
    }


def _figures(one: Figures) -> Values:
    return {
        "slots": one.slots,
        "mae_wh": round(one.mae_wh, 1),
        "rmse_wh": round(one.rmse_wh, 1),
        "bias_wh": round(one.bias_wh, 1),
        "nrmse": None if one.nrmse is None else round(one.nrmse, 4),
        "forecast_wh": one.forecast_wh,
        "measured_wh": one.measured_wh,
    }
