"""Runs the TPM API: `python -m services.tpm_api`."""

from services.shared.web import run_service, serve
from services.tpm_api.app import BASE_PATH, NAME, create_app
from services.tpm_api.config import Config


def main(config: Config) -> None:
    """Serve until told to stop."""
    api = create_app(config)
    serve(
        api.app,
        host=config.host,
        port=config.port,
        threads=config.threads,
        on_exit=api.close,
        hint=f"{BASE_PATH}/ (TPM at {config.tcti})",
    )


if __name__ == "__main__":
    run_service(NAME, Config, main)
