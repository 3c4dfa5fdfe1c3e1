"""The laboratory's hand, which the real register lacks: changes of units, the quota, faults."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from simulators.mastr.garbage import KINDS as GARBAGE
from simulators.mastr.state import Faults, NotThere, State


def control(state: State, method: str, path: str, body: bytes) -> tuple[int, Any]:
    """Status and JSON answer of a call under /simulator/."""
    try:
        wanted: Any = json.loads(body) if body else {}
        if not isinstance(wanted, dict):
            raise ValueError("the body is a JSON object")
        with state.lock:
            return _do(state, method, path, wanted)
    except NotThere as error:
        return 404, {"error": f"there is no unit {error}"}
    except (ValueError, KeyError, TypeError) as error:
        return 400, {"error": str(error)}


def _do(state: State, method: str, path: str, wanted: dict[str, Any]) -> tuple[int, Any]:
    if path == "/simulator/faults":
        if method in ("PUT", "DELETE"):
            state.faults = _faults(wanted if method == "PUT" else {})
        return 200, asdict(state.faults)
    if path == "/simulator/state" and method == "GET":
        return 200, state.shown()
    if path == "/simulator/quota" and method == "PUT":
        state.quota, state.used = int(wanted["limit"]), int(wanted.get("used", 0))
        return 200, state.shown()
    if path.startswith("/simulator/unit/"):
        return _unit(state, method, path.rpartition("/")[2], wanted)
    return 404, {"error": f"there is nothing at {path}"}


def _unit(state: State, method: str, number: str, wanted: dict[str, Any]) -> tuple[int, Any]:
    if method == "POST":
        state.add(number, wanted["operator"], wanted["postcode"], wanted["power_kw"])
    elif method == "PUT" and "check" in wanted:
        state.check(number, str(wanted["check"]))
    elif method == "PUT":
        state.change(number, {str(name): str(value) for name, value in wanted.items()})
    elif method == "DELETE":
        state.remove(number, deleted=bool(wanted.get("deleted", True)))
    return 200, state.unit(number).record


def _faults(wanted: dict[str, Any]) -> Faults:
    known = {field.name for field in fields(Faults)}
    if unknown := set(wanted) - known:
        raise ValueError(f"{', '.join(sorted(unknown))}: not known; there are {', '.join(sorted(known))}")
    if wanted.get("garbage", "") not in ("", *GARBAGE):
        raise ValueError(f"garbage is one of {', '.join(GARBAGE)}")
    return Faults(**wanted)
