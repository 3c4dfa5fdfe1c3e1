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
_PART = {
    "type": "object",
    "required": ["kind", "unit_type", "energy_wh", "issued_at", "source"],
    "properties": {
        "kind": _SAID["kind"],
        "mastr_nr": {"type": "string", "description": "The unit's; left out where it is the household's consumption"},
        "unit_type": _SAID["unit_type"],
        "energy_wh": {**_WH, "description": "What is added (generation) or deducted (consumption)"},
        "profile_wh": {**_WH, "description": "Of a profile: its own value, for `norm_kwh_annum`"},
        "norm_kwh_annum": _SAID["norm_kwh_annum"],
        "kwh_annum": {"type": "integer", "description": "Of a profile: the yearly consumption it was scaled to"},
        "issued_at": _SAID["issued_at"],
        "source": _SAID["source"],
    },
}
_MAXIMUM = {
    "type": "object",
    "required": [
        *("max_energy_wh", "generation_wh", "consumption_wh", "point_generation_wh"),
        *("point_feed_in_wh", "parts", "explanation"),
    ],
    "properties": {
        "max_energy_wh": {**_WH, "description": "What the unit may offer: its share of what its point feeds in"},
        "generation_wh": {**_WH, "description": "What the unit is expected to generate"},
        "consumption_wh": {**_WH, "description": "What is expected to be consumed behind its metering point"},
        "point_generation_wh": {**_WH, "description": "What all units of the point are expected to generate"},
        "point_feed_in_wh": {**_WH, "description": "That less the consumption, which is deducted once; never below 0"},
        "parts": {"type": "array", "items": _PART, "description": "The summands of these figures"},
        "explanation": {"type": "string", "description": "The same in words"},
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
            "description": "`imported`, `rejected`, `withdrawn` and `growing` workbooks, and how many are `unchanged`",
            "additionalProperties": True,
        },
        "error": {"type": "string"},
    },
}
_FIGURES: dict[str, Any] = {
    "slots": {"type": "integer", "minimum": 1, "description": "Quarter hours that were forecast and measured"},
    "mae_wh": {"type": "number", "description": "Mean of the absolute errors, Wh in a quarter hour"},
    "rmse_wh": {"type": "number", "description": "Root of the mean of the squared errors, Wh in a quarter hour"},
    "bias_wh": {"type": "number", "description": "Mean error, Wh in a quarter hour; + where too much was forecast"},
    "nrmse": {"type": ["number", "null"], "description": "rmse_wh as a part of the rated power; null: not known"},
    "forecast_wh": {"type": "integer", "description": "Of these quarter hours"},
    "measured_wh": {"type": "integer", "description": "Of these quarter hours"},
}
_OF_ISSUES = {"type": ["object", "null"], "required": list(_FIGURES), "properties": _FIGURES}
_ISSUE = {
    "issued_at": _TIME,
    "source": {"type": "string", "description": "The workbook"},
    "horizon": {"type": "string", "enum": ["day_ahead", "intraday"]},
    **_FIGURES,
}
_LACKS = {"type": "array", "items": {"type": "string", "enum": ["forecast", "measurement"]}}
_ACCURACY = {
    "type": "object",
    "required": ["mastr_nr", "date", "rated_power_kw", "slots", "day_ahead", "latest", "issues", "missing"],
    "properties": {
        "mastr_nr": {"type": "string"},
        "date": {"type": "string", "format": "date"},
        "rated_power_kw": {"type": ["number", "null"], "description": "By the register"},
        "slots": {"type": "integer", "description": "Quarter hours of the day: 92, 96 or 100"},
        "day_ahead": {**_OF_ISSUES, "description": "By what was known when the day began"},
        "latest": {**_OF_ISSUES, "description": "By what was known when each quarter hour began"},
        "issues": {
            "type": "array",
            "description": "Each issue by itself, of the quarter hours that lay ahead of it",
            "items": {"type": "object", "required": list(_ISSUE), "properties": _ISSUE},
        },
        "missing": {
            "type": "array",
            "description": "Quarter hours that count in no figure",
            "items": {
                "type": "object",
                "required": ["slot_start", "lacks"],
                "properties": {"slot_start": _TIME, "lacks": _LACKS},
            },
        },
    },
}
_WORKBOOK = {
    "type": "object",
    "required": ["id", "name", "status", "read_at", "series", "values", "findings"],
    "properties": {
        "id": {"type": "string", "description": "The SHA-256 of its bytes"},
        "name": {"type": "string", "description": "The file's name"},
        "status": {"type": "string", "enum": ["imported", "rejected", "withdrawn"]},
        "read_at": _TIME,
        "issued_at": {**_TIME, "description": "When the utility made the forecast; not of a refused one"},
        "from": {**_TIME, "description": "The first quarter hour that it speaks of"},
        "to": {**_TIME, "description": "The end of the last one"},
        "series": {"type": "integer", "minimum": 0, "description": "Units and profiles that it speaks of"},
        "values": {"type": "integer", "minimum": 0, "description": "Quarter hours of any of them"},
        "findings": {"type": "array", "items": {"type": "string"}, "description": "Why it was refused"},
        "replaced_by": {"type": "string", "description": "The next workbook of the same name that was imported"},
        "withdrawn_at": _TIME,
        "withdrawal_reason": {"type": "string"},
    },
}
_UPLOADED = {
    "type": "object",
    "required": ["id", "name", "job_id"],
    "properties": {
        "id": {"type": "string", "description": "The workbook's, for GET /workbooks/{workbook_id}"},
        "name": {"type": "string"},
        "job_id": {"type": "string"},
    },
}
_WITHDRAWAL = {
    "type": "object",
    "properties": {"reason": {"type": "string", "maxLength": 400, "description": "For those who look back"}},
}


@dataclass(frozen=True)
class Models:
    """All of them, registered in the document."""

    forecasts: Model
    slots: Model
    maximum: Model
    job_id: Model
    job: Model
    workbooks: Model
    workbook: Model
    uploaded: Model
    withdrawal: Model
    accuracy: Model


def models(v1: Namespace) -> Models:
    """Register the shapes."""
    return Models(
        forecasts=v1.schema_model("Forecasts", _page(_FORECAST)),
        slots=v1.schema_model("Timeslots", _page(_SLOT)),
        maximum=v1.schema_model("Maximum", _MAXIMUM),
        job_id=v1.schema_model("JobId", _JOB_ID),
        job=v1.schema_model("Job", _JOB),
        workbooks=v1.schema_model("Workbooks", _page(_WORKBOOK)),
        workbook=v1.schema_model("Workbook", _WORKBOOK),
        uploaded=v1.schema_model("Uploaded", _UPLOADED),
        withdrawal=v1.schema_model("Withdrawal", _WITHDRAWAL),
        accuracy=v1.schema_model("Accuracy", _ACCURACY),
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
