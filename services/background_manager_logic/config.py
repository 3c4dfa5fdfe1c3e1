"""Configuration, read once from the environment; README.md has the table."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from market.values import EosName
from services.shared.data import MongoConfig
from services.shared.web import ConfigurationError, Setting
from services.shared.web.config import as_integer, as_log_level, as_path, as_port, as_text, as_url

Network = IPv4Network | IPv6Network

_PRIVATE = "127.0.0.0/8,10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,fc00::/7"


def as_networks(value: str) -> tuple[Network, ...]:
    """One or more networks, separated by commas."""
    try:
        return tuple(ip_network(part.strip()) for part in value.split(","))
    except ValueError:
        raise ValueError("networks such as 10.8.0.0/16, separated by commas") from None


def as_name(value: str) -> str:
    """A name on the chain."""
    try:
        return EosName(value)
    except ValueError:
        raise ValueError("1 to 12 of the characters a-z, 1-5 and dot") from None


def as_components(value: str) -> tuple[tuple[str, str], ...]:
    """Names with base URLs."""
    pairs = [part.strip().partition("=") for part in value.split(",")]
    if any(not name or not url for name, _, url in pairs):
        raise ValueError("pairs of a name and a URL, such as mastr-connector=http://..., separated by commas")
    return tuple((name, as_url(url)) for name, _, url in pairs)


@dataclass(frozen=True, kw_only=True)
class Config(MongoConfig):
    """Read once from the environment."""

    identity_file: Annotated[
        Path,
        Setting("TBI_IDENTITY_FILE", as_path, "the file that describes the pool", example="/etc/tbi/identity.json"),
    ]
    service_secret_file: Annotated[
        Path,
        Setting(
            "TBI_SERVICE_SECRET_FILE",
            as_path,
            "the file with this service's client secret, mode 0600",
            example="/var/lib/tbi/background-manager-logic.secret",
        ),
    ]
    mastr_url: Annotated[
        str,
        Setting(
            "TBI_MASTR_CONNECTOR_URL",
            as_url,
            "the base URL of the MaStR-Connector",
            example="http://127.0.0.1:8091/mastr-connector/api/v1",
        ),
    ]
    connector_url: Annotated[
        str,
        Setting(
            "TBI_CONNECTOR_URL",
            as_url,
            "the base URL of the cloud side's Blockchain-Connector",
            example="http://127.0.0.1:8083/blockchain-connector/api/v1",
        ),
    ]
    box_networks: Annotated[
        tuple[Network, ...],
        Setting("TBI_BOX_NETWORKS", as_networks, "the networks in which boxes are", example="10.8.0.0/16"),
    ] = as_networks(_PRIVATE)
    balancing_group: Annotated[
        str,
        Setting("TBI_BALANCING_GROUP", as_name, "the balancing group of new metering points", example="tbigroup1"),
    ] = "tbigroup1"
    box_port: Annotated[
        int, Setting("TBI_BOX_PORT", as_port, "the port of CLS-Box-Logic on every box", example="8081")
    ] = 8081
    components: Annotated[
        tuple[tuple[str, str], ...],
        Setting(
            "TBI_COMPONENTS",
            as_components,
            "the parts that /components shows beside the boxes",
            example="forecast-connector=http://127.0.0.1:8092/forecast-connector/api/v1",
        ),
    ] = ()
    audit_node_url: Annotated[
        str | None,
        Setting(
            "TBI_AUDIT_NODE_URL",
            as_url,
            "a node of the chain that keeps all traces, for audits and settlement files",
            example="http://127.0.0.1:8888",
        ),
    ] = None
    genesis_file: Annotated[
        Path | None,
        Setting("TBI_GENESIS_FILE", as_path, "the chain's genesis.json", example="/var/lib/tbi/genesis.json"),
    ] = None
    settlement_key_file: Annotated[
        Path | None,
        Setting(
            "TBI_SETTLEMENT_KEY_FILE",
            as_path,
            "the operator's P-256 key for settlement files, PEM, mode 0600; made when it is not there",
            example="/var/lib/tbi/settlement.pem",
        ),
    ] = None
    state_dir: Annotated[
        Path | None,
        Setting("TBI_STATE_DIR", as_path, "where settlement files are kept", example="/var/lib/tbi/manager"),
    ] = None
    stuck_grace_s: Annotated[
        int,
        Setting(
            "TBI_STUCK_GRACE_S",
            as_integer(1, 86_400),
            "how long what is due may wait",
            example="120",
        ),
    ] = 120
    access_log_days: Annotated[
        int,
        Setting("TBI_ACCESS_LOG_DAYS", as_integer(1, 3650), "how long who did what is kept", example="365"),
    ] = 365
    host: Annotated[str, Setting("TBI_HOST", as_text, "the address to listen on", example="127.0.0.1")] = "127.0.0.1"
    port: Annotated[int, Setting("TBI_PORT", as_port, "the TCP port to listen on", example="8090")] = 8090
    threads: Annotated[int, Setting("TBI_THREADS", as_integer(2, 64), "the number of threads", example="24")] = 24
    event_streams: Annotated[
        int,
        Setting("TBI_EVENT_STREAMS", as_integer(1, 63), "how many streams of events are open at once", example="12"),
    ] = 12
    log_level: Annotated[str, Setting("TBI_LOG_LEVEL", as_log_level, "the log's level", example="INFO")] = "INFO"

    def __post_init__(self) -> None:
        if self.event_streams >= self.threads:
            raise ConfigurationError("TBI_EVENT_STREAMS must be less than TBI_THREADS: each open stream holds a thread")
