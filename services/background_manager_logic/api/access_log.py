"""The route of who saw and did what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.background_manager_logic.access_log import AccessLog
from services.background_manager_logic.api.common import LIST, jsonable, listed
from services.background_manager_logic.api.market_common import MOMENT, maybe
from services.background_manager_logic.api.models_operation import OperationModels
from services.shared.times import parse_epoch
from services.shared.web import Namespace, Query, Resource, Text, invalid
from services.shared.web.tokens import groups

_QUERY = Query(
    {
        **LIST,
        "from": MOMENT,
        "to": Text("Before it", pattern=MOMENT.pattern),
        "who": Text("A user's sub or name, or a service's name", pattern=r"^[^\x00-\x1f]{1,128}$"),
        "route": Text("As records name it", pattern=r"^/[A-Za-z0-9_<>/-]{0,100}$"),
        "did": Text("Changes, or looks at another person's data", choices=("changed", "read")),
    }
)
_LAST = 253_402_300_799


def add_access_log_routes(v1: Namespace, log: AccessLog, shapes: OperationModels) -> None:
    """Add the route to `v1`."""

    @v1.route("/audit-log")
    class AccessLogRecords(Resource):
        @v1.doc(params=_QUERY.doc())
        @v1.response(200, "A part of the list, the newest first", shapes.access)
        @groups("Admin")
        def get(self) -> dict[str, Any]:
            """Who changed something, and who looked at another person's data."""
            query = _QUERY.read()
            found = log.list(
                _moment(query, "from"),
                _moment(query, "to"),
                who=query["who"],
                route=query["route"],
                did=query["did"],
                limit=query["limit"],
                cursor=query["cursor"],
            )
            return listed(found, _record)


def _moment(query: Mapping[str, Any], name: str) -> datetime | None:
    found = maybe(query, name, parse_epoch)
    if found is not None and not 0 <= found <= _LAST:
        raise invalid({name: "is no time of this log's"})
    return None if found is None else datetime.fromtimestamp(found, UTC)


def _record(record: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = jsonable({name: value for name, value in record.items() if name != "_id"})
    return shown
