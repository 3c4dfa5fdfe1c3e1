"""Runs the Background-Manager-Logic: `python -m services.background_manager_logic`."""

from services.background_manager_logic.app import BASE_PATH, NAME, create_app
from services.background_manager_logic.config import Config
from services.shared.web import run_service, serve


def main(config: Config) -> None:
    """Serve until told to stop."""
    manager = create_app(config)
    manager.start()
    serve(
        manager.app,
        host=config.host,
        port=config.port,
        threads=config.threads,
        on_exit=manager.close,
        hint=f"{BASE_PATH}/",
    )


if __name__ == "__main__":
    run_service(NAME, Config, main)
