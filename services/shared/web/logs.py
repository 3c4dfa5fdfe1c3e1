"""The log: one line an event, UTC, with the service's name and the trace it belongs to. Secrets never reach it."""

import json
import logging
import sys
import time

from services.shared import trace

FORMATS = ("text", "json")


class OneLine(logging.Formatter):
    """`2026-11-22T07:00:00.123Z INFO tpm-api services.tpm_api.service: text`; line ends inside are shown as \\n.

    Within a trace its id stands before the text, in brackets: `[4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7]`.
    """

    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s.%(msecs)03dZ %(levelname)s {service} %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The line without a traceback."""
        span = trace.current()
        if span is not None:
            record.message = f"[{span.trace_id}/{span.span_id}] {record.message}"
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line: a value from outside cannot begin a line of its own."""
        line = super().format(record).replace("\r", "\\r").replace("\n", "\\n")
        return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


class Json(logging.Formatter):
    """An object a line: `time`, `level`, `service`, `logger`, `message`; in a trace `trace_id`, `span_id`, `parent_id`;
    after an exception `error`, its traceback. For collectors that read fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told: dict[str, object] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        span = trace.current()
        if span is not None:
            told |= {"trace_id": span.trace_id, "span_id": span.span_id, "parent_id": span.parent_id}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told)


def configure_logging(service: str, level: str = "INFO", form: str = "text") -> None:
    """Send everything of `level` and above to standard error, one line each. `form`: one of FORMATS."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json(service) if form == "json" else OneLine(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
