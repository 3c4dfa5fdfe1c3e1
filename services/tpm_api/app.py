"""The one place where the TPM API is wired."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask

from services.shared.web import (
    BoxSecretGuard,
    CheckFailed,
    Guard,
    HealthCheck,
    Problem,
    Service,
    box_secret_required,
    create_service,
)
from services.tpm_api.api import add_routes
from services.tpm_api.config import AccountUnknown, Config, OwnAccount
from services.tpm_api.domain import Malformed, NotAllowed
from services.tpm_api.errors import KeyLost, KeyUnknown, NoRoom, TpmError, TpmUnavailable
from services.tpm_api.keystore import KeyStore
from services.tpm_api.service import TpmService

NAME = "tpm-api"
BASE_PATH = "/tpm-api"


@dataclass(frozen=True)
class TpmApi:
    """The application, and what ends it in order."""

    app: Flask
    close: Callable[[], None]


def create_app(config: Config, *, clock: Callable[[], float] = time.time) -> TpmApi:
    """The application as configured. Raises ConfigurationError. The TPM need not be there yet."""
    service = TpmService(
        config.tcti,
        KeyStore(config.state_dir / "keys"),
        account=OwnAccount(config.account, config.box_config),
        chain_id=config.chain_id,
        clock=clock,
    )

    def tpm_is_well() -> str:
        try:
            return service.state()
        except TpmError as error:
            raise CheckFailed(str(error)) from error

    frame = _frame(box_secret_required(config.box_secret_file), {"tpm": tpm_is_well})
    add_routes(frame.v1, service)
    return TpmApi(frame.app, service.close)


def describe() -> Service:
    """The routes without anything behind them, for the document."""
    frame = _frame(BoxSecretGuard(""), {})
    add_routes(frame.v1, cast(TpmService, None))
    return frame


def _frame(guard: Guard, health_checks: dict[str, HealthCheck]) -> Service:
    return create_service(
        NAME,
        base_path=BASE_PATH,
        description="Keys, signatures and attestation of a box's TPM. Only the services of the same box may call it.",
        guard=guard,
        health_checks=health_checks,
        problems={
            NotAllowed: lambda error: Problem(403, f"This box does not sign this: {error}.", errors=error.reasons),
            Malformed: lambda error: Problem(
                400, f"packed_trx is not a packed transaction: {error}.", errors={"packed_trx": str(error)}
            ),
            KeyUnknown: lambda error: Problem(404, _sentence(error)),
            KeyLost: lambda error: Problem(409, _sentence(error)),
            NoRoom: lambda error: Problem(409, _sentence(error)),
            AccountUnknown: lambda error: Problem(409, _sentence(error)),
            TpmUnavailable: lambda error: Problem(503, _sentence(error), retry_after_s=error.retry_after_s),
        },
    )


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[0].upper() + text[1:].rstrip(".") + "."
