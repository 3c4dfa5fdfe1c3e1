"""Runs the web service's stand-in: `python -m simulators.mastr`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import date

from simulators.mastr.register import Register
from simulators.mastr.server import create_server
from simulators.mastr.state import QUOTA, State


def main() -> int:
    settings = os.environ
    try:
        register = Register(
            seed=int(settings.get("TBI_MASTR_SEED", "1")),
            size=int(settings.get("TBI_MASTR_UNITS", "2000")),
            day=date.fromisoformat(settings.get("TBI_MASTR_DAY", Register().day.isoformat())),
        )
        host, port = settings.get("TBI_HOST", "127.0.0.1"), int(settings.get("TBI_PORT", "8086"))
        state = State(register, quota=int(settings.get("TBI_MASTR_QUOTA", str(QUOTA))))
        key = settings.get("MASTR_API_KEY", "simulated-key")
        server = create_server(host, port, state, api_key=key, actor=settings.get("MASTR_AKTEUR", "SOM900000000018"))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"mastr simulator: {error}\n")
        return 2
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bound_host, bound_port = server.server_address[:2]
    sys.stderr.write(f"mastr simulator: http://{bound_host!s}:{bound_port}/MaStRAPI/wsdl/mastr.wsdl (invented units)\n")
    stopped.wait()
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
