"""Routes of the watcher."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from flask import Response, request

from services.blockchain_connector.watcher.feed import Item, Oldest
from services.shared.web import Integer, Namespace, Problem, Query, Resource, Text, invalid
from services.shared.web.tokens import SERVICE, groups

_QUERY = Query(
    {
        "since": Integer(
            "The id of the last event that the caller has; the header Last-Event-ID wins over it. Left out: from the "
            "oldest event on that is kept",
            0,
            2**63 - 1,
        ),
        "follow_s": Integer(
            "How long the answer stays open for events to come; 0: it tells what is there, and ends", 0, 300, default=60
        ),
        "stream": Text(
            "`irreversible`: what can no longer change. `head`: at once; what a fork takes back is told as "
            "`chain.undo`, with the ids (`undone`) of this stream's events that no longer count",
            choices=("irreversible", "head"),
        ),
        "limit": Integer("After so many events it ends; no limit when left out", 1, 10_000),
    }
)
_BEAT_S = 5.0
_PAGE = 200
_MAX_STREAMS = 8


class Told(Protocol):
    """What a stream is made of: items with rising ids."""

    def after(self, item_id: int, limit: int) -> list[Item]: ...

    def wait(self, timeout_s: float) -> None: ...

    def oldest(self) -> Oldest: ...


def add_routes(v1: Namespace, feed: Told, head: Told | None, look: Callable[[], None]) -> None:
    """POST /watcher/look, GET /watcher/events. A box has no head stream: its events are handed on from the head."""
    free = threading.BoundedSemaphore(_MAX_STREAMS)

    @v1.route("/watcher/look")
    class Look(Resource):
        @v1.response(202, "It looks")
        @groups(SERVICE)
        def post(self) -> tuple[dict[str, Any], int]:
            """Look at the chain now, not first when the pause is over; for who knows that something happened there."""
            look()
            return {}, 202

    @v1.route("/watcher/events")
    class Events(Resource):
        @v1.doc(
            params={
                **_QUERY.doc(),
                "Last-Event-ID": {"in": "header", "type": "integer", "description": "Sent by a client that resumes"},
            }
        )
        @v1.doc(produces=["text/event-stream"])
        @v1.response(200, "Server-sent events in order, each with its id; each stream counts its own")
        @v1.response(404, "This side has no such stream")
        @v1.response(410, "Events after the one that the caller has are no longer kept; `oldest` is the first that is")
        @v1.response(503, "Too many streams are open")
        @groups("Admin", "EVU", SERVICE)
        def get(self) -> Response:
            """What happened on the chain after a given event, and what happens now."""
            query = _QUERY.read()
            since = _last_event_id(query["since"])
            told_of = head if query["stream"] == "head" else feed
            if told_of is None:
                raise Problem(404, "A box has no stream of the head; leave `stream` out.")
            since = begin(told_of, since)
            if not free.acquire(blocking=False):
                raise Problem(503, "Too many event streams are open; close one or try again.", retry_after_s=5)
            told = events(told_of, since, query["follow_s"], query["limit"])
            response = Response(told, mimetype="text/event-stream")
            response.call_on_close(free.release)
            return response


def begin(feed: Told, since: int | None) -> int:
    """The id after which to tell. Raises Problem when events between it and the oldest one are no longer there."""
    oldest = feed.oldest()
    if since is None:
        return oldest.id - 1
    if since < oldest.id - 1:
        raise Problem(
            410,
            f"The events after {since} are no longer kept; the oldest is {oldest.id}, of block {oldest.block_num}. "
            "Leave `since` out to begin there, and read what the tables say now.",
            extra={"oldest": oldest.id, "oldest_block_num": oldest.block_num},
        )
    return since


def _last_event_id(since: int | None) -> int | None:
    header = request.headers.get("Last-Event-ID", "")
    if not header:
        return since
    if not re.fullmatch(r"[0-9]{1,18}", header):
        raise invalid({"Last-Event-ID": "must be an event's id"})
    return int(header)


def events(feed: Told, since: int, follow_s: float, limit: int | None = None) -> Iterator[str]:
    """The stream's text (WHATWG, Server-sent events): items after `since`, comments while nothing happens.

    A comment is also how it is noticed that nobody listens any more: writing it fails, and the thread is free.
    """
    deadline = time.monotonic() + follow_s
    left = sys.maxsize if limit is None else limit
    yield "retry: 1000\n\n"
    while left > 0:
        items = feed.after(since, min(left, _PAGE))
        if since < feed.oldest().id - 1:
            return  # pruned while this one was read: the next connection hears it
        for item in items:
            yield _as_text(item)
            since = item.id
        left -= len(items)
        if items:
            continue
        remaining_s = deadline - time.monotonic()
        if remaining_s <= 0:
            return
        feed.wait(min(remaining_s, _BEAT_S))
        yield ": \n\n"


def _as_text(item: Item) -> str:
    return f"id: {item.id}\nevent: {item.kind}\ndata: {json.dumps(item.data, separators=(',', ':'))}\n\n"
