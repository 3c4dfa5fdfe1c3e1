"""Runs CLS-Box-Logic: `python -m services.cls_box_logic`. Its worker is a process of its own (`....worker`)."""

from services.cls_box_logic.app import BASE_PATH, NAME, create_app
from services.cls_box_logic.config import Config
from services.shared.web import run_service, serve


def main(config: Config) -> None:
    """Serve and sample until told to stop."""
    logic = create_app(config)
    logic.start()
    serve(
        logic.app,
        host=config.host,
        port=config.port,
        threads=config.threads,
        on_exit=logic.close,
        hint=f"{BASE_PATH}/ (OpenEMS at {config.openems_url})",
    )


if __name__ == "__main__":
    run_service(NAME, Config, main)
