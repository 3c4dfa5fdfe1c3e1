"""The route of what changes on the market: server-sent events for the portal's live view."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from services.background_manager_logic.market.changes import Changes
from services.shared.web import Integer, Namespace, Problem, Query, Resource, invalid
from services.shared.web.tokens import GROUPS, groups

OPEN_S = 25
"""How long a stream stays open at most: it holds a thread, and a browser connects again by itself."""

_LOOK_EVERY_S = 1.0
_BEAT_S = 10.0
_QUERY = Query(
    {
        "since": Integer(
            "The id of the last event that the caller has; the header Last-Event-ID wins over it; what comes from now "
            "on when both are left out",
            0,
            2**53,
        ),
        "follow_s": Integer("How long the answer stays open for events to come", 0, OPEN_S, default=OPEN_S),
    }
)
_HEADER = {"Last-Event-ID": {"in": "header", "type": "integer", "description": "Sent by a client that resumes"}}


def add_event_routes(v1: Namespace, changes: Changes, max_streams: int) -> None:
    """Add the route to `v1`."""
    free = threading.BoundedSemaphore(max_streams)

    @v1.route("/events")
    class Events(Resource):
        @v1.doc(params={**_QUERY.doc(), **_HEADER}, produces=["text/event-stream"])
        @v1.response(
            200,
            "Server-sent events: offer, bid, award, delivery, settlement; passive (market, contract_id, status), "
            "p2p (market, deal_id, status), secondary, p2x (market, slot_start); reset: look at all anew",
        )
        @v1.response(503, "Too many streams are open")
        @groups(*GROUPS)
        def get(self) -> Response:
            """What changed on the market after a given event, and what changes now."""
            query = _QUERY.read()
            since = _last_event_id(query["since"])
            start = changes.last() if since is None else since
            if not free.acquire(blocking=False):
                raise Problem(503, "Too many event streams are open; try again.", retry_after_s=5)
            response = Response(stream(changes, start, query["follow_s"]), mimetype="text/event-stream")
            response.headers["X-Accel-Buffering"] = "no"
            response.call_on_close(free.release)
            return response


def _last_event_id(since: int | None) -> int | None:
    header = request.headers.get("Last-Event-ID", "")
    if not header:
        return since
    if not re.fullmatch(r"[0-9]{1,15}", header):
        raise invalid({"Last-Event-ID": "must be an event's id"})
    return int(header)


def stream(changes: Changes, since: int, follow_s: float) -> Iterator[str]:
    """The stream's text (WHATWG, Server-sent events): changes after `since`, comments while nothing happens."""
    deadline = time.monotonic() + follow_s
    yield f"retry: 1000\nid: {since}\n\n"
    if changes.is_gap(since):
        since = changes.last()
        yield _event(since, "reset", {})
    beat = time.monotonic() + _BEAT_S
    while True:
        found = changes.after(since)
        for change in found:
            since = change["_id"]
            yield _event(since, change["kind"], change["data"])
        now = time.monotonic()
        if now >= deadline:
            return
        if not found:
            if now >= beat:
                yield ": \n\n"
                beat = now + _BEAT_S
            changes.wait(min(deadline - now, _LOOK_EVERY_S))


def _event(number: int, kind: str, data: dict[str, Any]) -> str:
    return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
