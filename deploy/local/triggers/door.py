"""The way in: EventBridge's PutEvents as boto3 speaks it, health, and what was set aside. For this machine only."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, request

from deploy.local.triggers.runner import Runner, UnknownLetter

_PUT_EVENTS = "AWSEvents.PutEvents"
_JSON = "application/x-amz-json-1.1"
_MOST_ENTRIES = 10
_MOST_BYTES = 256 * 1024


def create_door(runner: Runner, upcoming: Callable[[], dict[str, Any]], version: str) -> Flask:
    """POST / (PutEvents), GET /health, GET /dead-letters, POST /dead-letters/<id>/retry, POST /rules/<rule>/fire."""
    app = Flask("triggers")
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES

    @app.post("/")
    def put_events() -> Response:
        if request.headers.get("X-Amz-Target") != _PUT_EVENTS:
            return _refusal("UnknownOperationException", "Only PutEvents is run here.")
        try:
            entries = json.loads(request.get_data())["Entries"]
            if not (isinstance(entries, list) and 1 <= len(entries) <= _MOST_ENTRIES):
                return _refusal("ValidationException", f"Entries holds 1 to {_MOST_ENTRIES} events.")
        except (ValueError, KeyError, TypeError):
            return _refusal("ValidationException", "The body is no JSON with Entries.")
        answers = [_put(runner, entry) for entry in entries]
        failed = sum("ErrorCode" in answer for answer in answers)
        return Response(json.dumps({"FailedEntryCount": failed, "Entries": answers}), content_type=_JSON)

    @app.get("/health")
    def health() -> Response:
        letters = len(runner.letters())
        well = {"status": "ok", "detail": "nothing was set aside"}
        ill = {"status": "failed", "detail": f"{letters} events came to nothing: GET /dead-letters, mend, then retry"}
        next_ones = "; ".join(f"{rule} at {moment}" for rule, moment in upcoming().items())
        checks = {
            "schedules": {"status": "ok", "detail": next_ones},
            "pending": {"status": "ok", "detail": f"{runner.pending()} events"},
            "dead-letters": ill if letters else well,
        }
        return jsonify({"status": "degraded" if letters else "ok", "version": version, "checks": checks})

    @app.post("/rules/<rule>/fire")
    def fire(rule: str) -> tuple[Response, int]:
        for function in runner.functions:
            if rule in function.schedules:
                runner.fire(function, rule, datetime.now(UTC))
                return jsonify({"rule": rule}), 202
        known = ", ".join(rule for function in runner.functions for rule in function.schedules)
        return jsonify({"detail": f"There is no rule {rule}; there are: {known}."}), 404

    @app.get("/dead-letters")
    def dead_letters() -> Response:
        return jsonify({"items": runner.letters()})

    @app.post("/dead-letters/<event_id>/retry")
    def retry(event_id: str) -> tuple[Response, int]:
        try:
            runner.retry(event_id)
        except UnknownLetter:
            return jsonify({"detail": f"No event {event_id} was set aside."}), 404
        return jsonify({"event_id": event_id}), 202

    return app


def _put(runner: Runner, entry: Any) -> dict[str, str]:
    try:
        detail = json.loads(entry["Detail"])
        if not isinstance(detail, dict):
            raise ValueError
        event: dict[str, Any] = {
            **{"version": "0", "id": str(uuid.uuid4()), "detail-type": str(entry["DetailType"])},
            **{"source": str(entry["Source"]), "account": "000000000000", "region": "eu-central-1"},
            **{"time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")},
            **{"resources": entry.get("Resources") or [], "detail": detail},
        }
    except KeyError as error:
        return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {error.args[0]} is not valid."}
    except (ValueError, TypeError, AttributeError):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    runner.put(event)
    return {"EventId": event["id"]}


def _refusal(kind: str, message: str) -> Response:
    return Response(json.dumps({"__type": kind, "message": message}), 400, content_type=_JSON)
