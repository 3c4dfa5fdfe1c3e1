"""Running a service: waitress in this process, until somebody says stop."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

import waitress
from flask import Flask

from services.shared.web.config import ConfigurationError, load
from services.shared.web.logs import FORMATS, configure_logging
from services.shared.web.one_write import OneWriteChannel

C = TypeVar("C")

_log = logging.getLogger(__name__)

# A body this large is cut off by the server; up to it the application answers, with a problem that names the limit.
_MAX_REQUEST_BODY_BYTES = 32 * 1024 * 1024


def run_service(name: str, config: type[C], main: Callable[[C], None]) -> NoReturn:
    """Read `config` from the environment, set up the log, run `main`, and exit.

    Every service knows TBI_LOG_FORMAT, too: text (as people read it, the default) or json (as collectors do).

    Exit code 0 after an orderly end, 2 when the configuration is wrong; the log then says how it should be.
    """
    form = os.environ.get("TBI_LOG_FORMAT") or FORMATS[0]
    configure_logging(name, form=form)
    try:
        if form not in FORMATS:
            raise ConfigurationError(f"TBI_LOG_FORMAT is {form[:80]!r}: it must be one of {', '.join(FORMATS)}")
        values = load(config)
        logging.getLogger().setLevel(getattr(values, "log_level", "INFO"))
        main(values)
    except ConfigurationError as error:
        for line in str(error).splitlines():
            _log.error("%s", line)
        sys.exit(2)
    sys.exit(0)


def serve(
    app: Flask, *, host: str, port: int, threads: int = 4, on_exit: Callable[[], None] | None = None, hint: str = ""
) -> None:
    """Serve `app` on `host:port` until SIGTERM or SIGINT; then finish what is under way, and call `on_exit`.

    Prints one start-up line when the port is open; `hint` stands at its end. Raises ConfigurationError when the
    address is taken.
    """
    try:
        server = waitress.create_server(
            app, host=host, port=port, threads=threads, ident=None, max_request_body_size=_MAX_REQUEST_BODY_BYTES
        )
    except OSError as error:
        raise ConfigurationError(
            f"TBI_HOST, TBI_PORT: {host}:{port} cannot be opened ({error.strerror}); choose another or free it"
        ) from error
    server.channel_class = OneWriteChannel
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _stop)
    _log.info("listening on http://%s:%s%s", host, server.effective_port, f" {hint}" if hint else "")
    try:
        server.run()
    finally:
        server.close()
        if on_exit is not None:
            on_exit()
        _log.info("stopped")


def _stop(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
