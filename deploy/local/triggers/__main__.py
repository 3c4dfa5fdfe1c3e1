"""Runs the trigger service until told to stop.

    python -m deploy.local.triggers --data-dir D --port 8087

Environment: the template's parameters, as TBI_PARAMETER_<name>; the token address and the client's id come from the
data folder's identity.json. Exit code 0 after SIGTERM or SIGINT, 2 when the template cannot be run here.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from waitress.server import create_server

from deploy.local.triggers.clockwork import Clockwork
from deploy.local.triggers.door import create_door
from deploy.local.triggers.runner import Runner
from deploy.local.triggers.schedule import ScheduleError
from deploy.local.triggers.template import Function, TemplateError, read
from services import __version__

NAME: Final = "trigger-service"
_PARAMETER: Final = "TBI_PARAMETER_"
_LOOPBACK: Final = "127.0.0.1"


def main() -> int:
    """For who does not import."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="the data folder")
    parser.add_argument("--port", type=int, required=True, help="the port of the door")
    parser.add_argument("--bind", default=_LOOPBACK, help="the door's address (default: loopback)")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        functions = read(_parameters(given.data_dir / "identity.json"))
        _take_over_variables(functions)
    except (TemplateError, ScheduleError, OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"triggers: {error}\n")
        return 2
    folder = given.data_dir / "triggers"
    runner = Runner(functions, folder)
    runner.start()
    clockwork = Clockwork(runner, folder / "fired.json")
    clockwork.start()
    server = create_server(create_door(runner, clockwork.upcoming, __version__), host=given.bind, port=given.port)
    threading.Thread(target=server.run, name="door", daemon=True).start()
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    told.wait()
    clockwork.stop()
    runner.stop()
    server.close()
    return 0


def _parameters(identity: Path) -> dict[str, str]:
    pool = json.loads(identity.read_text(encoding="utf-8"))
    given = {name.removeprefix(_PARAMETER): value for name, value in os.environ.items() if name.startswith(_PARAMETER)}
    return {"TokenUrl": pool["token_url"], "ClientId": pool["service_client_ids"][NAME], **given}


def _take_over_variables(functions: tuple[Function, ...]) -> None:
    """All functions run in this process: what they read of the environment has to be the same for all."""
    for function in functions:
        for name, value in function.variables.items():
            if os.environ.get(name, value) != value:
                raise TemplateError(f"{function.name}: {name} is {value!r} here, {os.environ[name]!r} elsewhere")
            os.environ[name] = value


if __name__ == "__main__":
    sys.exit(main())
