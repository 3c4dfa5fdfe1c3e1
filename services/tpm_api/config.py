"""Configuration of the TPM API."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.shared.web.config import Setting, as_integer, as_log_level, as_path, as_port, as_text


def as_account(value: str) -> str:
    """An account of the chain."""
    if not (0 < len(value) <= 12 and set(value) <= set(".12345abcdefghijklmnopqrstuvwxyz")) or value[-1] == ".":
        raise ValueError("an account name of at most 12 characters a-z, 1-5 and dots inside")
    return value


def as_chain_id(value: str) -> str:
    """A chain's id."""
    if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ValueError("64 hexadecimal digits")
    return value


@dataclass(frozen=True, kw_only=True)
class Config:
    """Read once from the environment; README.md has the table."""

    tcti: Annotated[
        str, Setting("TBI_TPM_TCTI", as_text, "the way to the TPM", example="swtpm:host=127.0.0.1,port=2321")
    ]
    state_dir: Annotated[
        Path, Setting("TBI_STATE_DIR", as_path, "the directory of the keys' records", example="/var/lib/tbi/tpm-api")
    ]
    box_secret_file: Annotated[
        Path,
        Setting("TBI_BOX_SECRET_FILE", as_path, "the file with the box's secret", example="/var/lib/tbi/box-secret"),
    ]
    host: Annotated[str, Setting("TBI_HOST", as_text, "the address to listen on", example="127.0.0.1")] = "127.0.0.1"
    port: Annotated[int, Setting("TBI_PORT", as_port, "the TCP port to listen on", example="8082")] = 8082
    box_config: Annotated[
        Path | None, Setting("TBI_BOX_CONFIG", as_path, "the box's provisioning file", example="/etc/tbi/box.json")
    ] = None
    account: Annotated[
        str | None, Setting("TBI_ACCOUNT", as_account, "the box's account on the chain", example="box1abcdefgh")
    ] = None
    chain_id: Annotated[
        str | None, Setting("TBI_CHAIN_ID", as_chain_id, "the only chain to sign for", example="8a34ec7d...")
    ] = None
    threads: Annotated[int, Setting("TBI_THREADS", as_integer(1, 64), "the number of threads", example="4")] = 4
    log_level: Annotated[str, Setting("TBI_LOG_LEVEL", as_log_level, "the log's level", example="INFO")] = "INFO"


class AccountUnknown(Exception):  # noqa: N818 - it names the box's state
    """The box has not been told its account yet."""


class OwnAccount:
    """The box's own account: from TBI_ACCOUNT, or from the provisioning file as soon as it names one; then for good."""

    def __init__(self, account: str | None, box_config: Path | None) -> None:
        self._account = account
        self._box_config = box_config

    def __call__(self) -> str:
        """The account. Raises AccountUnknown."""
        if self._account is None:
            self._account = self._provisioned()
        return self._account

    def _provisioned(self) -> str:
        if self._box_config is None:
            raise AccountUnknown("This box does not know its account: set TBI_ACCOUNT or TBI_BOX_CONFIG.")
        try:
            return as_account(str(json.loads(self._box_config.read_text(encoding="utf-8"))["account"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AccountUnknown(
                "This box does not know its account: its provisioning file (TBI_BOX_CONFIG) names none yet."
            ) from error
