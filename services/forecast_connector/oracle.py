"""`python -m services.forecast_connector.oracle`: the forecast oracle, until SIGTERM or SIGINT.

It records, as tbiadmin@forecast, what each unit may offer in the slots that are tradable now (M-FOR-01, M-RAM-03), and
records it anew when a newer forecast says otherwise (M-FOR-03).
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from dataclasses import asdict

from pymongo.errors import PyMongoError

from services.forecast_connector import heartbeat
from services.forecast_connector.app import participants_of, repository_of
from services.forecast_connector.config import OracleConfig
from services.forecast_connector.connector import Connector
from services.forecast_connector.errors import ForecastError
from services.forecast_connector.registry import Registry
from services.forecast_connector.service.recording import Oracle
from services.shared.web import ConfigurationError, run_service
from services.shared.web.auth import read_box_secret

NAME = "forecast-oracle"
_log = logging.getLogger(__name__)


def main(config: OracleConfig) -> None:
    """Raises ConfigurationError."""
    if config.participants_file is None:
        raise ConfigurationError("TBI_PARTICIPANTS_FILE is not set: without participant records nothing is recorded")
    config.state_dir.mkdir(parents=True, exist_ok=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    secret = read_box_secret(config.secret_file)
    connector = Connector(config.connector_url, lambda: {"Authorization": f"Bearer {secret}"})
    oracle = Oracle(
        connector=connector,
        registry=Registry(connector, participants_of(config)),
        repository=repository_of(config),
        markets=config.markets,
        slots_ahead=config.slots_ahead,
        monotonic=time.monotonic,
    )
    _log.info("recording %d slots ahead in %s", config.slots_ahead, ", ".join(config.markets))
    while not stopped.is_set():
        wrong = _round(oracle)
        heartbeat.write(config.state_dir, error=wrong, figures=asdict(oracle.figures))
        stopped.wait(config.interval_s)
    connector.close()
    _log.info("stopped")


def _round(oracle: Oracle) -> str | None:
    """What went wrong; the next round tries again."""
    try:
        oracle.round()
    except ForecastError as error:
        _log.warning("%s", error)
        return str(error)
    except PyMongoError as error:
        _log.warning("MongoDB does not answer: %s", error)
        return "MongoDB does not answer"
    except Exception as error:
        _log.exception("a round failed")
        return f"{type(error).__name__}; the log says more"
    return None


if __name__ == "__main__":
    run_service(NAME, OracleConfig, main)
