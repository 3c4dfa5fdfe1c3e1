"""The shapes of answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.shared.web import Namespace
from services.shared.web.restx import Model

_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_WH: dict[str, Any] = {"type": "integer", "minimum": 0, "description": "Wh in the quarter hour"}
_SAID: dict[str, Any] = {
    "mastr_nr": {"type": "string", "description": "The unit's; left out where a whole type of units is meant"},
    "unit_type": {"type": "string", "example": "PV"},
    "kind": {"type": "string", "enum": ["generation", "consumption"]},
    "energy_wh": _WH,
    "norm_kwh_annum": {
        "type": "integer",
        "description": "Only of a profile: the yearly consumption in kWh that `energy_wh` belongs to",
    },
    "issued_at": {**_TIME, "description": "When the utility made the forecast"},
    "source": {"type": "string", "description": "The workbook"},
}
_SAID_REQUIRED = ["unit_type", "kind", "energy_wh", "issued_at", "source"]
_FORECAST = {
    "type": "object",
    "required": ["slot_start", *_SAID_REQUIRED],
    "properties": {"slot_start": _TIME, **_SAID},
}
_SLOT = {
    "type": "object",
    "required": ["start", "duration_s", "forecasts"],
    "properties": {
        "start": _TIME,
        "duration_s": {"type": "integer", "enum": [900]},
        "forecasts": {
            "type": "array",
            "items": {"type": "object", "required": _SAID_REQUIRED, "properties": _SAID},
        },
    },
}
_MAXIMUM = {
    "type": "object",
    "required": ["max_energy_wh", "generation_wh", "consumption_wh", "point_generation_wh"],
    "properties": {
        "max_energy_wh": {**_WH, "description": "What the unit may offer: its share of what its point feeds in"},
        "generation_wh": {**_WH, "description": "What the unit is expected to generate"},
        "consumption_wh": {**_WH, "description": "What is expected to be consumed behind its metering point"},
        "point_generation_wh": {**_WH, "description": "What all units of the point are expected to generate"},
    },
}
_JOB_ID = {"type": "object", "required": ["job_id"], "properties": {"job_id": {"type": "string"}}}
_JOB = {
    "type": "object",
    "required": ["job_id", "status", "progress"],
    "properties": {
        "job_id": {"type": "string"},
        "status": {"type": "string", "enum": ["queued", "started", "finished", "failed"]},
        "progress": {
            "type": "object",
            "required": ["done", "total", "unit"],
            "properties": {
                "done": {"type": "integer"},
                "total": {"type": "integer"},
                "unit": {"type": "string"},
            },
        },
        "result": {
            "type": "object",
            "description": "`imported` and `rejected` workbooks, and how many are `unchanged`",
            "additionalProperties": True,
        },
        "error": {"type": "string"},
    },
}


@dataclass(frozen=True)
class Models:
    """All of them, registered in the document."""

    forecasts: Model
    slots: Model
    maximum: Model
    job_id: Model
    job: Model


def models(v1: Namespace) -> Models:
    """Register the shapes."""
    return Models(
        forecasts=v1.schema_model("Forecasts", _page(_FORECAST)),
        slots=v1.schema_model("Timeslots", _page(_SLOT)),
        maximum=v1.schema_model("Maximum", _MAXIMUM),
        job_id=v1.schema_model("JobId", _JOB_ID),
        job=v1.schema_model("Job", _JOB),
    )


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {"type": "array", "items": item},
            "next_cursor": {"type": "string", "description": "For the next page; left out at the end"},
        },
    }
