"""All routes, thin: parse, call, marshal."""

from __future__ import annotations

from typing import Any

from flask import request

from services.forecast_connector.api import parse
from services.forecast_connector.api.accuracy import add_accuracy_route
from services.forecast_connector.api.cases import UseCases
from services.forecast_connector.api.cursors import cursor_text
from services.forecast_connector.api.models import Models, models
from services.forecast_connector.api.workbooks import add_workbook_routes
from services.forecast_connector.domain.explanation import explanation
from services.forecast_connector.domain.maximum import Part
from services.forecast_connector.domain.series import Forecast
from services.forecast_connector.domain.times import QUARTER_S, iso
from services.forecast_connector.jobs import UPDATE
from services.forecast_connector.service.queries import Asker, Range
from services.shared.web import Namespace, Problem, Resource, Text, path_doc
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import GROUPS, SERVICE, caller, groups

ADMIN = "Admin"
_JOB = Text("The job's id", pattern=r"^[A-Za-z0-9_-]{1,128}$")
_KEY_HEADER = {
    "Idempotency-Key": {
        "in": "header",
        "type": "string",
        "pattern": "^[!-~]{1,128}$",
        "description": "The same key gives the same job",
    }
}


def add_routes(v1: Namespace, cases: UseCases, once: Idempotency) -> None:
    """Add all routes to `v1`."""
    shapes = models(v1)
    add_accuracy_route(v1, cases, shapes)
    add_workbook_routes(v1, cases, shapes, once)
    _add_job_routes(v1, cases, shapes)
    _add_list_routes(v1, cases, shapes)
    _add_maximum_route(v1, cases, shapes)


def _add_job_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/update")
    class Update(Resource):
        @groups(ADMIN, SERVICE)
        @v1.doc(params=_KEY_HEADER)
        @v1.response(202, "A job reads the forecast folder", shapes.job_id)
        @v1.response(503, "The queue of jobs does not answer")
        def post(self) -> tuple[dict[str, Any], int]:
            """Import new workbooks from the forecast folder."""
            return {"job_id": cases.jobs.enqueue(UPDATE, {}, parse.job_id_of(request.headers))}, 202

    @v1.route("/job/<string:job_id>")
    @v1.doc(params=path_doc(job_id=_JOB))
    class Job(Resource):
        @groups(ADMIN, SERVICE)
        @v1.response(200, "How it stands", shapes.job)
        @v1.response(404, "There is no such job")
        def get(self, job_id: str) -> dict[str, Any]:
            """How a job stands."""
            status = cases.jobs.status(_JOB.parse("job_id", job_id))
            if status is None:
                raise Problem(404, "There is no job of that id; jobs are forgotten seven days after their end.")
            return status.as_json()


def _add_list_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/timeslots")
    class Timeslots(Resource):
        @groups(*GROUPS, SERVICE)
        @v1.doc(params=parse.TIMESLOTS.doc())
        @v1.response(200, "Slots that have forecasts, in order", shapes.slots)
        def get(self) -> dict[str, Any]:
            """Slots of a quarter hour with what is forecast for each."""
            query = parse.TIMESLOTS.read()
            slots, begin = parse.range_of(query), parse.slots_cursor(query)
            if begin is not None:
                slots = Range(max(slots.begin, begin), slots.end)
            found, following = cases.queries.timeslots(slots, parse.selection_of(query), query["limit"])
            return _page([_slot(start, forecasts) for start, forecasts in found], following)

    @v1.route("/forecasts")
    class Forecasts(Resource):
        @groups(*GROUPS, SERVICE)
        @v1.doc(params=parse.FORECASTS.doc())
        @v1.response(200, "Forecasts by slot, unit type and unit", shapes.forecasts)
        def get(self) -> dict[str, Any]:
            """What is forecast: the latest issue, or the one that held at `as_of`."""
            query = parse.FORECASTS.read()
            found, following = cases.queries.forecasts(
                parse.range_of(query), parse.selection_of(query), query["limit"], parse.forecasts_cursor(query)
            )
            return _page([{"slot_start": iso(one.slot), **_said(one)} for one in found], following)


def _add_maximum_route(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/max-offer")
    class MaxOffer(Resource):
        @groups(*GROUPS, SERVICE)
        @v1.doc(params=parse.MAX_OFFER.doc())
        @v1.response(200, "How much the unit may offer", shapes.maximum)
        @v1.response(403, "Not a unit of the caller's")
        @v1.response(404, "No forecast covers the slot")
        def get(self) -> dict[str, Any]:
            """The most that a unit may offer: expected generation less the household's expected consumption."""
            query = parse.MAX_OFFER.read()
            unit, point = cases.queries.max_offer(
                _asker(), parse.unit_of(query), parse.slot_of(query), query["kwh_annum"], parse.point_units_of(query)
            )
            return {
                "max_energy_wh": unit.max_wh,
                "generation_wh": unit.generation_wh,
                "consumption_wh": point.consumption_wh,
                "point_generation_wh": point.generation_wh,
                "point_feed_in_wh": point.feed_in_wh,
                "parts": [_part(part) for part in point.parts],
                "explanation": explanation(unit, point),
            }


def _asker() -> Asker:
    """Services and administrators ask for anybody, others for themselves."""
    who = caller()
    return Asker(None if who.service is not None or ADMIN in who.groups else who.sub)


def _said(forecast: Forecast) -> dict[str, Any]:
    series = forecast.series
    said: dict[str, Any] = {} if series.mastr_nr is None else {"mastr_nr": series.mastr_nr}
    said |= {"unit_type": series.unit_type, "kind": series.kind, "energy_wh": forecast.energy_wh}
    if series.norm_kwh_annum is not None:
        said["norm_kwh_annum"] = series.norm_kwh_annum
    return {**said, "issued_at": iso(forecast.issue.issued_at), "source": forecast.issue.source}


def _part(part: Part) -> dict[str, Any]:
    shown = {**_said(part.forecast), "energy_wh": part.energy_wh}
    if part.load is not None:
        shown |= {"profile_wh": part.forecast.energy_wh, "kwh_annum": part.load.kwh_annum}
    return shown


def _slot(start: int, forecasts: list[Forecast]) -> dict[str, Any]:
    return {"start": iso(start), "duration_s": QUARTER_S, "forecasts": [_said(forecast) for forecast in forecasts]}


def _page(items: list[dict[str, Any]], following: Any) -> dict[str, Any]:
    page: dict[str, Any] = {"items": items}
    if following is not None:
        page["next_cursor"] = cursor_text(following)
    return page
