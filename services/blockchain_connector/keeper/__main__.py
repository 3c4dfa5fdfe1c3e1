"""`python -m services.blockchain_connector.keeper`: the keeper, until SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import signal
import threading
import time
from dataclasses import asdict

from services.blockchain_connector.keeper import heartbeat
from services.blockchain_connector.keeper.config import KeeperConfig
from services.blockchain_connector.keeper.service import Keeper
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError, SignerUnavailable
from services.shared.chain.key_file import KeyFileSigner
from services.shared.web import ConfigurationError, run_service

_log = logging.getLogger(__name__)


def main(config: KeeperConfig) -> None:
    """Raises ConfigurationError when there is no key to sign with."""
    try:
        signer = KeyFileSigner(config.key_file)
    except SignerUnavailable as error:
        raise ConfigurationError(f"TBI_KEY_FILE: {error}") from error
    config.state_dir.mkdir(parents=True, exist_ok=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    keeper = Keeper(chain_of(config), signer, time.monotonic)
    _log.info("keeping the market's time as tbiadmin@keeper")
    while not stopped.is_set():
        wrong = _round(keeper)
        heartbeat.write(config.state_dir, error=wrong, figures=asdict(keeper.figures))
        stopped.wait(config.interval_s)
    _log.info("stopped")


def chain_of(config: KeeperConfig) -> ChainClient:
    """The chain that it keeps the time of: nodes of another one than `chain_id` are never asked."""
    return ChainClient(config.chain_urls, chain_id=config.chain_id, check_s=config.node_check_s)


def _round(keeper: Keeper) -> str | None:
    """What went wrong; the next round tries again."""
    try:
        keeper.round()
    except ChainError as error:
        _log.warning("%s", error)
        return str(error)
    except Exception as error:
        _log.exception("a round failed")
        return f"{type(error).__name__}; the log says more"
    return None


if __name__ == "__main__":
    run_service("keeper", KeeperConfig, main)
