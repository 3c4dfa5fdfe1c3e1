"""The connector's configuration, read once from the environment."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.shared.chain.errors import SignerUnavailable
from services.shared.web import ConfigurationError, Setting
from services.shared.web.config import as_integer, as_log_level, as_path, as_port, as_text, as_url, as_urls

TPM_API_PATH = "/tpm-api/api/v1"
CLS_BOX_LOGIC_PATH = "/cls-box-logic/api/v1"
MIN_FEED_EVENTS = 10_000
"""On a box these are weeks: more than an event's row stands on the chain, so that none is taken for a new one."""


def as_seconds(value: str) -> float:
    """A span of time."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1
    if not 0.05 <= seconds <= 3600:
        raise ValueError("seconds from 0.05 to 3600")
    return seconds


def as_chain_id(value: str) -> str:
    """A chain's id."""
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise ValueError("64 hexadecimal digits, as a node's get_info shows them")
    return value


@dataclass(frozen=True, kw_only=True)
class Config:
    """Of both sides; README.md has the table."""

    chain_urls: Annotated[
        tuple[str, ...],
        Setting("TBI_CHAIN_URLS", as_urls, "nodes of the chain, separated by commas", example="http://127.0.0.1:8888"),
    ]
    state_dir: Annotated[
        Path, Setting("TBI_STATE_DIR", as_path, "this service's own folder", example="/var/lib/tbi/connector")
    ]
    host: Annotated[str, Setting("TBI_HOST", as_text, "the address to listen on", example="127.0.1.11")] = "127.0.0.1"
    port: Annotated[int, Setting("TBI_PORT", as_port, "the TCP port to listen on", example="8083")] = 8083
    log_level: Annotated[str, Setting("TBI_LOG_LEVEL", as_log_level, "the log's level", example="INFO")] = "INFO"
    confirm_timeout_s: Annotated[
        float, Setting("TBI_CONFIRM_TIMEOUT_S", as_seconds, "how long a request waits for its block", example="20")
    ] = 20.0
    expiry_s: Annotated[
        int, Setting("TBI_EXPIRY_S", as_integer(2, 3600), "the life of an unincluded transaction", example="30")
    ] = 30
    box_config: Annotated[
        Path | None, Setting("TBI_BOX_CONFIG", as_path, "the box's provisioning file", example="/var/lib/tbi/box.json")
    ] = None
    box_secret_file: Annotated[
        Path | None,
        Setting("TBI_BOX_SECRET_FILE", as_path, "the file with the box's secret", example="/var/lib/tbi/secret"),
    ] = None
    tpm_api_url: Annotated[
        str | None, Setting("TBI_TPM_API_URL", as_url, "the TPM API's address", example="http://127.0.0.1:8082")
    ] = None
    key_label: Annotated[
        str, Setting("TBI_KEY_LABEL", as_text, "the label of the account's key", example="account")
    ] = "account"
    cls_box_logic_url: Annotated[
        str | None,
        Setting("TBI_CLS_BOX_LOGIC_URL", as_url, "CLS-Box-Logic's address", example="http://127.0.1.11:8081"),
    ] = None
    watch_interval_s: Annotated[
        float, Setting("TBI_WATCH_INTERVAL_S", as_seconds, "the pause while nothing is due", example="1")
    ] = 1.0
    identity_file: Annotated[
        Path | None,
        Setting("TBI_IDENTITY_FILE", as_path, "the pool whose tokens count", example="/var/lib/tbi/identity.json"),
    ] = None
    manager_url: Annotated[
        str | None,
        Setting(
            "TBI_MANAGER_URL", as_url, "the address of the Background-Manager-Logic", example="http://127.0.0.1:8090"
        ),
    ] = None
    service_secret_file: Annotated[
        Path | None,
        Setting(
            "TBI_SERVICE_SECRET_FILE",
            as_path,
            "the file with this service's client secret, mode 0600",
            example="/var/lib/tbi/blockchain-connector.secret",
        ),
    ] = None
    keys_dir: Annotated[
        Path | None, Setting("TBI_KEYS_DIR", as_path, "the operator's key files", example="/var/lib/tbi/keys")
    ] = None
    chain_id: Annotated[
        str | None,
        Setting(
            "TBI_CHAIN_ID", as_chain_id, "the chain's id; nodes of another one are not used", example="64 hex digits"
        ),
    ] = None
    link_dir: Annotated[
        Path | None,
        Setting("TBI_LINK_DIR", as_path, "the folder of a box's certificate", example="/var/lib/tbi/box/link"),
    ] = None
    node_check_s: Annotated[
        float, Setting("TBI_NODE_CHECK_S", as_seconds, "how often several nodes are compared", example="5")
    ] = 5.0
    watch_from_block: Annotated[
        int, Setting("TBI_WATCH_FROM_BLOCK", as_integer(1, 2**32 - 1), "the first block of the feed", example="1")
    ] = 1

    feed_events: Annotated[
        int,
        Setting(
            "TBI_FEED_EVENTS",
            as_integer(MIN_FEED_EVENTS, 10**9),
            "how many events the streams keep, the newest ones",
            example="2000000",
        ),
    ] = 2_000_000

    def __post_init__(self) -> None:
        box: dict[str, object] = {
            "TBI_TPM_API_URL": self.tpm_api_url,
            "TBI_CLS_BOX_LOGIC_URL": self.cls_box_logic_url,
            "TBI_BOX_SECRET_FILE": self.box_secret_file,
        }
        identity: dict[str, object] = {"TBI_IDENTITY_FILE": self.identity_file}
        manager: dict[str, object] = {
            "TBI_MANAGER_URL": self.manager_url,
            "TBI_SERVICE_SECRET_FILE": self.service_secret_file,
        }
        cloud = {**identity, **manager, "TBI_KEYS_DIR": self.keys_dir}
        needed, foreign = (box, cloud) if self.is_box else (identity, box)
        if any(manager.values()) and not self.is_box:
            needed = {**needed, **manager}
        side = "a box, that is, where TBI_BOX_CONFIG is" if self.is_box else "the cloud side, without TBI_BOX_CONFIG"
        wrong = [f"{name} must be set on {side}" for name, value in needed.items() if value is None]
        wrong += [f"{name} must not be set on {side}" for name, value in foreign.items() if value is not None]
        if wrong:
            raise ConfigurationError("\n".join(wrong))

    @property
    def is_box(self) -> bool:
        """A connector with a provisioning file is a box's; every other one is the cloud side's."""
        return self.box_config is not None


def with_path(url: str, path: str) -> str:
    """The base URL of a service's API; it may be given with its path or without."""
    return url if url.endswith(path) else url + path


class OwnAccount:
    """The box's account, from its provisioning file as soon as that names one; then for good."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._account: str | None = None

    def __call__(self) -> str:
        """Raises SignerUnavailable: without an account a box cannot act."""
        if self._account is None:
            try:
                account = json.loads(self._file.read_text(encoding="utf-8"))["account"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise SignerUnavailable(f"the provisioning file {self._file.name} names no account yet") from error
            if not isinstance(account, str) or not account:
                raise SignerUnavailable(f"the account in {self._file.name} is not a name yet")
            self._account = account
        return self._account

    def is_known(self) -> bool:
        """Whether the box has been registered."""
        try:
            return bool(self())
        except SignerUnavailable:
            return False
