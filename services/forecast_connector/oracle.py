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
from services.forecast_connector.app import repository_of, tokens_of
from services.forecast_connector.config import OracleConfig
from services.forecast_connector.connector import Connector
from services.forecast_connector.errors import ForecastError
from services.forecast_connector.participants import ManagedParticipants
from services.forecast_connector.registry import Registry
from services.forecast_connector.service.recording import Oracle
from services.shared.web import run_service

NAME = "forecast-oracle"
_log = logging.getLogger(__name__)


def main(config: OracleConfig) -> None:
    """Raises ConfigurationError."""
    config.state_dir.mkdir(parents=True, exist_ok=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    header = tokens_of(config).header
    connector = Connector(config.connector_url, header)
    participants = ManagedParticipants(config.manager_url, header, config.household_profile)
    oracle = Oracle(
        connector=connector,
        registry=Registry(connector, participants),
        repository=repository_of(config),
        markets=config.markets,
        slots_ahead=config.slots_ahead,
        monotonic=time.monotonic,
    )
    _log.info("recording %d slots ahead in %s", config.slots_ahead, ", ".join(config.markets or ["every market"]))
    while not stopped.is_set():
        wrong = _round(oracle)
        heartbeat.write(config.state_dir, error=wrong, figures=asdict(oracle.figures))
        stopped.wait(config.interval_s if wrong else oracle.pause_s(config.interval_s))
    connector.close()
    participants.close()
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
