"""`python -m services.blockchain_connector`: the connector under waitress."""

from __future__ import annotations

from services.blockchain_connector.app import create_app
from services.blockchain_connector.config import Config
from services.shared.web import run_service, serve

_THREADS = 16  # streams of the watcher hold up to 8 of them


def main(config: Config) -> None:
    """Serve until told to stop."""
    connector = create_app(config)
    connector.start()
    serve(
        connector.service.app,
        host=config.host,
        port=config.port,
        threads=_THREADS,
        on_exit=connector.stop,
        hint=f"/blockchain-connector/ ({'box' if config.is_box else 'cloud side'})",
    )


if __name__ == "__main__":
    run_service("blockchain-connector", Config, main)
