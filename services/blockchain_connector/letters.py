"""Routes of the dead letters: what failed for good unheard, and the action that repairs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.blockchain_connector.domain import Order
from services.blockchain_connector.performer.service import Performer
from services.blockchain_connector.reader.service import iso
from services.blockchain_connector.watcher.feed import Feed, Letter
from services.blockchain_connector.watcher.overdue import Overdue, OverdueEvents, box_of
from services.shared.web import Namespace, Problem, Resource, Text, path_doc
from services.shared.web.tokens import SERVICE, groups

_GROUPS = ("Admin", "EVU", SERVICE)
_ID = Text("The dead letter's id", pattern=r"^[A-Za-z0-9.~_-]{1,64}$")
_PATH = path_doc(letter_id=_ID)
_STATES = ["waiting", "done"]

_ACTION = {
    "type": "object",
    "required": ["account", "name", "data"],
    "properties": {
        "account": {"type": "string"},
        "name": {"type": "string"},
        "data": {"type": "object", "additionalProperties": True},
    },
}
_FAILED_ORDER = {
    "type": "object",
    "required": ["id", "key", "actions", "accepted_at", "failed_at", "status", "detail", "rule"],
    "properties": {
        "id": {"type": "string"},
        "key": {"type": "string", "description": "The order's Idempotency-Key"},
        "actions": {"type": "array", "items": _ACTION},
        "accepted_at": {"type": "string", "format": "date-time"},
        "failed_at": {"type": "string", "format": "date-time"},
        "status": {"type": "integer", "description": "What whoever asked would have been answered"},
        "detail": {"type": "string"},
        "rule": {"type": ["string", "null"], "description": "The market's rule that refused it"},
    },
}
_UNDELIVERED = {
    "type": "object",
    "required": ["id", "box", "market", "point", "slot_start", "kind", "since", "attempts", "detail"],
    "properties": {
        "id": {"type": "string"},
        "box": {"type": ["string", "null"], "description": "The box's account; null on the box itself"},
        "market": {"type": "string"},
        "point": {"type": "integer", "description": "The metering point's id on the chain"},
        "slot_start": {"type": "string", "format": "date-time"},
        "kind": {"type": "string"},
        "since": {"type": "string", "format": "date-time"},
        "attempts": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_RETRIED = {
    "type": "object",
    "required": ["id", "state"],
    "properties": {"id": {"type": "string"}, "state": {"type": "string", "enum": _STATES}},
}

State = Literal["waiting", "done"]


@dataclass(frozen=True)
class DeadLetters:
    """One part's: what there is, and how it is begun anew (None: there is no such)."""

    all: Callable[[], Sequence[dict[str, Any]]]
    retry: Callable[[str], State | None]


def order_letters(performer: Performer) -> DeadLetters:
    def retry(letter_id: str) -> State | None:
        order = performer.retry(letter_id)
        if order is None:
            return None
        return "done" if order.state == "confirmed" else "waiting"

    return DeadLetters(lambda: [failed_order(order) for order in performer.dead_letters()], retry)


def box_letters(feed: Feed) -> DeadLetters:
    return DeadLetters(
        lambda: [refused_event(letter) for letter in feed.dead_letters()], lambda source: _state(feed.retry(source))
    )


def cloud_letters(events: OverdueEvents, knock: Callable[[str], None]) -> DeadLetters:
    """`knock` tells a box, by its account, that an event waits for it."""

    def retry(letter_id: str) -> State | None:
        waits = events.retry(letter_id)
        if waits:
            knock(box_of(letter_id))
        return _state(waits)

    return DeadLetters(lambda: [overdue_event(event) for event in events.all()], retry)


def _state(waits: bool | None) -> State | None:
    if waits is None:
        return None
    return "waiting" if waits else "done"


def add_routes(v1: Namespace, orders: DeadLetters, events: DeadLetters) -> None:
    """GET and POST under /performer/dead-letters and /watcher/dead-letters."""
    v1.schema_model("FailedOrder", _FAILED_ORDER)
    v1.schema_model("UndeliveredEvent", _UNDELIVERED)
    order_list = v1.schema_model("FailedOrders", _list_of("FailedOrder"))
    event_list = v1.schema_model("UndeliveredEvents", _list_of("UndeliveredEvent"))
    retried = v1.schema_model("Retried", _RETRIED)

    @v1.route("/performer/dead-letters")
    class FailedOrders(Resource):
        @v1.response(200, "The oldest first, 1000 at most", order_list)
        @groups(*_GROUPS)
        def get(self) -> dict[str, Any]:
            """Orders that failed for good while nobody waited for their answer."""
            return {"items": list(orders.all())}

    @v1.route("/performer/dead-letters/<letter_id>/retry")
    @v1.doc(params=_PATH)
    class FailedOrderRetry(Resource):
        @v1.response(200, "It is under way again, or done", retried)
        @v1.response(404, "No such dead letter")
        @groups(*_GROUPS)
        def post(self, letter_id: str) -> dict[str, Any]:
            """Begin the order anew; one that is under way or done stays as it is."""
            return _retried(orders, letter_id)

    @v1.route("/watcher/dead-letters")
    class UndeliveredEvents(Resource):
        @v1.response(200, "The oldest first", event_list)
        @groups(*_GROUPS)
        def get(self) -> dict[str, Any]:
            """Events without an effect: on the cloud side those that stand on the chain unanswered for 15 minutes,
            on a box those that CLS-Box-Logic refused."""
            return {"items": list(events.all())}

    @v1.route("/watcher/dead-letters/<letter_id>/retry")
    @v1.doc(params=_PATH)
    class UndeliveredEventRetry(Resource):
        @v1.response(200, "It is to be answered (`waiting`), or was answered already (`done`)", retried)
        @v1.response(404, "No such event")
        @v1.response(503, "The chain is away")
        @groups(*_GROUPS)
        def post(self, letter_id: str) -> dict[str, Any]:
            """Have the event delivered again; twice is once."""
            return _retried(events, letter_id)


def _retried(letters: DeadLetters, letter_id: str) -> dict[str, Any]:
    _ID.parse("letter_id", letter_id)
    state = letters.retry(letter_id)
    if state is None:
        raise Problem(404, "There is no such dead letter; somebody may have taken care of it.")
    return {"id": letter_id, "state": state}


def _list_of(model: str) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": f"#/definitions/{model}"}}
    return {"type": "object", "required": ["items"], "properties": {"items": items}}


def failed_order(order: Order) -> dict[str, Any]:
    refusal = order.refusal
    return {
        "id": order.id,
        "key": order.key,
        "actions": [{"account": call.account, "name": call.name, "data": dict(call.data)} for call in order.calls],
        "accepted_at": iso(order.accepted_at),
        "failed_at": iso(order.failed_at),
        "status": 0 if refusal is None else refusal.status,
        "detail": "" if refusal is None else refusal.detail,
        "rule": None if refusal is None else refusal.rule,
    }


def refused_event(letter: Letter) -> dict[str, Any]:
    event = letter.item.data
    return {
        "id": letter.item.source,
        "box": None,
        "market": event["market"],
        "point": event["point"],
        "slot_start": iso(event["slot"]),
        "kind": event["kind"],
        "since": iso(letter.failed_at),
        "attempts": letter.attempts,
        "detail": letter.reason,
    }


def overdue_event(event: Overdue) -> dict[str, Any]:
    return {
        "id": event.id,
        "box": event.box,
        "market": event.market,
        "point": event.point,
        "slot_start": iso(event.slot),
        "kind": event.kind,
        "since": iso(event.raised_at),
        "attempts": 1,
        "detail": "The box has not answered it on the chain; look at the box's link, its TPM and its own dead letters.",
    }
