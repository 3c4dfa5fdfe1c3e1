"""Events to functions, as Lambda's asynchronous invocation does it: kept until taken, tried again, set aside at last.

An event lies in `pending/` from before it is acknowledged until its function took it, so that a kill loses none; it may
come twice then, and its id makes it one in effect. What failed after all tries lies in `dead-letters/`, in the shape of
the record that Lambda sends to an on-failure destination.
"""

from __future__ import annotations

import importlib
import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.local.triggers.template import Function

WAITS_S: Final = (60.0, 120.0)
"""Before the first and the second repeat, as Lambda waits."""

_AT_ONCE: Final = 4
_NAMESPACE: Final = uuid.UUID("b0b6c4a8-6a0f-4f0e-9a0a-6f5d2f6f7a11")
_log = logging.getLogger("triggers")

Handler = Callable[[dict[str, Any], Any], Any]


@dataclass(frozen=True)
class Context:
    """What a handler is told of its invocation (AWS: the Lambda context object)."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 256
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:eu-central-1:000000000000:function:{self.function_name}"


class UnknownLetter(KeyError):  # noqa: N818 - it says what is
    """No event of this id was set aside."""


@dataclass
class Runner:
    """`folder` holds what is pending and set aside, for one process. `waits_s`: seconds before each repeat."""

    functions: Sequence[Function]
    folder: Path
    waits_s: Sequence[float] = WAITS_S
    _stopping: threading.Event = field(default_factory=threading.Event)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, "trigger"))
    _handlers: dict[str, Handler] = field(default_factory=dict)

    def start(self) -> None:
        """Loads the handlers and goes on with what was left. Raises ImportError, AttributeError."""
        for place in (self._pending, self._dead):
            place.mkdir(parents=True, exist_ok=True)
        for function in self.functions:
            module, _, name = function.handler.rpartition(".")
            self._handlers[function.name] = getattr(importlib.import_module(module), name)
        for file in sorted(self._pending.glob("*.json")):
            kept = json.loads(file.read_text(encoding="utf-8"))
            self._pool.submit(self._run, self._function(kept["function"]), kept["event"], file)

    def stop(self) -> None:
        """What waits for a repeat stays pending."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def put(self, event: Mapping[str, Any]) -> int:
        """Hands an event to the functions whose pattern it fits; to how many."""
        fitting = [function for function in self.functions if any(one.fits(event) for one in function.patterns)]
        for function in fitting:
            self.invoke(function, event)
        return len(fitting)

    def fire(self, function: Function, rule: str, due: datetime) -> None:
        """A schedule fell due. The same rule and time make the same event."""
        moment = due.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        event = {
            **{"version": "0", "id": str(uuid.uuid5(_NAMESPACE, f"{rule} {moment}")), "detail-type": "Scheduled Event"},
            **{"source": "aws.scheduler", "account": "000000000000", "time": moment, "region": "eu-central-1"},
            **{"resources": [f"arn:aws:scheduler:eu-central-1:000000000000:schedule/default/{rule}"], "detail": "{}"},
        }
        self.invoke(function, event)

    def invoke(self, function: Function, event: Mapping[str, Any]) -> None:
        """Keeps the event, then runs the function beside. An event that is pending already is not begun twice."""
        file = self._pending / f"{function.name}.{event['id']}.json"
        if file.exists():
            return
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps({"function": function.name, "event": dict(event)}), encoding="utf-8")
        draft.replace(file)
        self._pool.submit(self._run, function, dict(event), file)

    def pending(self) -> int:
        """How many events no function took yet."""
        return sum(1 for _ in self._pending.glob("*.json"))

    def letters(self) -> list[dict[str, Any]]:
        """What was set aside, the oldest first."""
        files = sorted(self._dead.glob("*.json"), key=lambda file: file.stat().st_mtime)
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    def retry(self, event_id: str) -> None:
        """Tries again what was set aside. Raises UnknownLetter."""
        for file in self._dead.glob("*.json"):
            letter = json.loads(file.read_text(encoding="utf-8"))
            if letter["requestPayload"]["id"] == event_id:
                self.invoke(self._function(letter["requestContext"]["function"]), letter["requestPayload"])
                file.unlink()
                return
        raise UnknownLetter(event_id)

    @property
    def _pending(self) -> Path:
        return self.folder / "pending"

    @property
    def _dead(self) -> Path:
        return self.folder / "dead-letters"

    def _function(self, name: str) -> Function:
        return next(function for function in self.functions if function.name == name)

    def _run(self, function: Function, event: dict[str, Any], file: Path) -> None:
        failure: Exception | None = None
        for attempt in range(1 + function.retries):
            if attempt and self._stopping.wait(self.waits_s[attempt - 1]):
                return
            try:
                self._handlers[function.name](event, Context(function.name, str(uuid.uuid4())))
            except Exception as error:  # a function's failure is its own, whatever it is
                failure = error
                _log.warning("%s: attempt %d of event %s failed: %s", function.name, attempt + 1, event["id"], error)
            else:
                file.unlink(missing_ok=True)
                return
        self._set_aside(function, event, failure)
        file.unlink(missing_ok=True)

    def _set_aside(self, function: Function, event: dict[str, Any], failure: Exception | None) -> None:
        letter = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "requestContext": {
                "function": function.name,
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 1 + function.retries,
            },
            "requestPayload": event,
            "responsePayload": {"errorType": type(failure).__name__, "errorMessage": str(failure)},
        }
        file = self._dead / f"{function.name}.{event['id']}.json"
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(letter), encoding="utf-8")
        draft.replace(file)
        _log.error("%s: event %s is set aside after %d tries", function.name, event["id"], 1 + function.retries)
