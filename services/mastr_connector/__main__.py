"""Runs the MaStR-Connector: `python -m services.mastr_connector`. Its worker is a process of its own (`....worker`)."""

from services.mastr_connector.app import BASE_PATH, NAME, create_app
from services.mastr_connector.config import Config
from services.shared.web import run_service, serve


def main(config: Config) -> None:
    """Serve until told to stop."""
    connector = create_app(config)
    serve(
        connector.app,
        host=config.host,
        port=config.port,
        threads=config.threads,
        on_exit=connector.close,
        hint=f"{BASE_PATH}/",
    )


if __name__ == "__main__":
    run_service(NAME, Config, main)
