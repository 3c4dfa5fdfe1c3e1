"""Who changed something, and who looked at another person's data: one record a request, append-only, without bodies.

Recorded is what a signed-in person or a service changes (or tries to), and what an administrator or the EVU reads on
routes that show persons' data; of others an attempt that was refused. A route counts as showing persons' data unless
it stands in `IMPERSONAL`, so that one that somebody adds is recorded. Reads of services are machinery and are not; who
signs in stands in the identity provider's own log.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from flask import Flask, Response, g, request
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from services.background_manager_logic.repository import Listed
from services.shared import trace
from services.shared.data import page
from services.shared.web.tokens import Caller, signed_in

Document = dict[str, Any]

HEADER: Final = "X-Correlation-ID"
IMPERSONAL: Final = frozenset(
    {
        *("/health", "/components", "/events", "/balancing-group", "/audit", "/audits"),
        *("/market/account", "/market/bids", "/market/parameters", "/market/prices", "/market/proposals"),
    }
)
"""GET routes that show nobody's data but the caller's own."""

IDS: Final = frozenset(
    {
        *("sub", "participant_sub", "username", "eos_account", "account_name", "account", "cls_box_ip", "ip"),
        *("serial_number", "mastr_nr", "unit_mastr_nr", "marktakteur_mastr_nr", "betreiber_mastr_nr"),
        *("market", "offer_id", "unit_id", "name", "item_id", "settlement_id", "slot_start", "from_slot"),
    }
)
"""What names something; values of other fields are not recorded."""

_READS: Final = ("GET", "HEAD", "OPTIONS")
_LONGEST: Final = 128
_WAITING: Final = 10_000
_FORBIDDEN: Final = 403
_log = logging.getLogger(__name__)


class AccessLog:
    """Records are added and read, never changed; the database forgets them after `keep_days`.

    What cannot be added just now waits in memory: in the service's own log it would tell whose data were looked at.
    """

    def __init__(self, kept: Collection[Document], keep_days: int, clock: Callable[[], datetime]) -> None:
        self._kept = kept
        self._keep_s = keep_days * 86_400
        self._clock = clock
        self._waiting: deque[Document] = deque()
        self._adding = threading.Lock()

    def prepare(self) -> None:
        """The indexes. Raises PyMongoError."""
        self._kept.create_index([("at", -1), ("_id", -1)], name="newest")
        try:
            self._kept.create_index("at", expireAfterSeconds=self._keep_s, name="expiry")
        except OperationFailure:  # it was another number of days before
            self._kept.drop_index("expiry")
            self._kept.create_index("at", expireAfterSeconds=self._keep_s, name="expiry")

    def add(self, record: Document) -> None:
        """Keeps it now, or with a later one: the request's own answer counts more than its record."""
        if len(self._waiting) >= _WAITING:
            _log.error("a record is dropped: the database has been away for too many")
            return
        self._waiting.append({"_id": ObjectId(), "at": self._clock(), **record})
        while self._waiting and self._adding.acquire(blocking=False):  # else who is adding takes it, too
            try:
                self._add_waiting()
            except PyMongoError as error:
                _log.warning("%d records wait for the database (%s)", len(self._waiting), error.__class__.__name__)
                return
            finally:
                self._adding.release()

    def _add_waiting(self) -> None:
        while self._waiting:
            with suppress(DuplicateKeyError):  # it had been kept, and nobody said so
                self._kept.insert_one(self._waiting[0])
            self._waiting.popleft()

    def list(
        self,
        begin: datetime | None,
        end: datetime | None,
        *,
        who: str | None,
        route: str | None,
        did: str | None,
        limit: int,
        cursor: str | None,
    ) -> Listed[Document]:
        """From `begin` to before `end`, the newest first. Raises BadCursor, PyMongoError."""
        times = ({} if begin is None else {"$gte": begin}) | ({} if end is None else {"$lt": end})
        query: Document = {"at": times} if times else {}
        query |= {} if who is None else {"$or": [{name: who} for name in ("sub", "username", "service")]}
        query |= {} if route is None else {"route": route}
        query |= {} if did is None else {"did": did}
        found = page(self._kept, query, sort="at", descending=True, limit=limit, cursor=cursor)
        return Listed(found.items, found.next_cursor)


def install(app: Flask, log: AccessLog, api_path: str) -> None:
    """Have the requests under `api_path` recorded, and each answer named by `X-Correlation-ID`."""

    def end(response: Response) -> Response:
        response.headers[HEADER] = correlation = _correlation()
        who = signed_in()
        rule = None if request.url_rule is None else request.url_rule.rule
        if who is not None and rule is not None and rule.startswith(api_path):
            route = re.sub(r"<\w+:(\w+)>", r"<\1>", rule.removeprefix(api_path))
            did = deed(request.method, route, who, request.view_args or {}, response.status_code)
            if did is not None:
                log.add(_record(who, did, route, response.status_code) | {"correlation_id": correlation})
        return response

    app.after_request(end)


def deed(method: str, route: str, who: Caller, path: Mapping[str, Any], status: int) -> str | None:
    """`changed`, `read`, or None for what is not recorded."""
    if method not in _READS:
        return "changed"
    if route in IMPERSONAL or who.service is not None or path.get("sub") == who.sub:
        return None
    return "read" if who.groups & {"Admin", "EVU"} or status == _FORBIDDEN else None


def _record(who: Caller, did: str, route: str, status: int) -> Document:
    return {
        "sub": who.sub,
        "username": who.username,
        "groups": sorted(who.groups),
        "service": who.service,
        "did": did,
        "method": request.method,
        "route": route,
        "targets": _targets(request.args, g.get("tbi_body"), request.view_args or {}),
        "status": status,
    }


def _correlation() -> str:
    """The caller's own word for it, where that is one; else the request's trace, by which logs are found."""
    given = request.headers.get(HEADER, "")
    return given if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given) else trace.begun().trace_id


def _targets(*sources: Any) -> dict[str, str]:
    named: dict[str, str] = {}
    for source in sources:
        if isinstance(source, Mapping):
            named |= {
                name: str(value)[:_LONGEST].encode("utf-8", "replace").decode()
                for name, value in source.items()
                if name in IDS and isinstance(value, str | int)
            }
    return named
