"""Runs the simulator: `python -m simulators.openems`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType

from simulators.openems.app import create_edge, create_server, keep_history
from simulators.openems.config import ConfigError, read


def main() -> int:
    try:
        config = read()
    except ConfigError as error:
        sys.stderr.write(f"openems simulator: {error}\n")
        return 2
    edge = create_edge(config, lambda: time.time_ns() // 1_000_000)
    try:
        server = create_server(config, edge, lambda _: None)
    except OSError as error:
        sys.stderr.write(f"openems simulator: {config.host}:{config.port} cannot be used ({error.strerror})\n")
        return 1
    stopped = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address[:2]
    sys.stderr.write(f"openems simulator: http://{host!s}:{port} (a stand-in for OpenEMS Edge, no real device)\n")
    keep_history(edge, stopped)
    server.stop()
    edge.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
