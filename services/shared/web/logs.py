"""The log: one line an event, UTC, with the service's name. Secrets never reach it."""

import logging
import sys
import time


class OneLine(logging.Formatter):
    """`2026-11-22T07:00:00.123Z INFO tpm-api services.tpm_api.service: text`; line ends inside are shown as \\n."""

    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s.%(msecs)03dZ %(levelname)s {service} %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line: a value from outside cannot begin a line of its own."""
        line = super().format(record).replace("\r", "\\r").replace("\n", "\\n")
        return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def configure_logging(service: str, level: str = "INFO") -> None:
    """Send everything of `level` and above to standard error, one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
