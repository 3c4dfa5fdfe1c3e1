"""The health route: whether the service and what stands behind it are well."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from services.shared.web.restx import Namespace, Resource

HealthCheck = Callable[[], str]
"""Gives one line of detail, quickly, or raises CheckFailed."""

_log = logging.getLogger(__name__)


class CheckFailed(Exception):  # noqa: N818 - it names the outcome of a check, not a fault of the program
    """What stands behind the service is not well. The text is shown to everybody: no secrets, no paths."""


def add_health_route(
    v1: Namespace, version: str, checks: Mapping[str, HealthCheck], tell: Callable[[str, bool], None]
) -> None:
    """Add GET /health: 200 with `status` ok or degraded, and each check's status (ok, failed) and detail.

    `tell` hears how each check came out.
    """
    health_model = v1.schema_model("Health", _SCHEMA)

    @v1.route("/health")
    class Health(Resource):
        @v1.doc(security=[])
        @v1.response(200, "How the service is", health_model)
        def get(self) -> dict[str, Any]:
            """Whether the service and what it needs are well; no token is asked for."""
            results = {name: _run(name, check) for name, check in checks.items()}
            for name, result in results.items():
                tell(name, result["status"] == "ok")
            well = all(result["status"] == "ok" for result in results.values())
            return {"status": "ok" if well else "degraded", "version": version, "checks": results}


def _run(name: str, check: HealthCheck) -> dict[str, str]:
    try:
        return {"status": "ok", "detail": check()}
    except CheckFailed as failure:
        return {"status": "failed", "detail": str(failure)}
    except Exception as error:
        _log.warning("health check %s failed", name, exc_info=error)
        return {"status": "failed", "detail": "the check itself failed; the log says why"}


_SCHEMA = {
    "type": "object",
    "required": ["status", "version", "checks"],
    "properties": {
        "status": {"type": "string", "enum": ["ok", "degraded"]},
        "version": {"type": "string"},
        "checks": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["status", "detail"],
                "properties": {
                    "status": {"type": "string", "enum": ["ok", "failed"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
