"""The configuration of CLS-Box-Logic and its worker."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.shared.web import Setting
from services.shared.web.config import as_integer, as_log_level, as_path, as_port, as_text, as_url


def as_redis_url(value: str) -> str:
    """Where Redis is."""
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("a URL that begins with redis://, rediss:// or unix://")
    return value


@dataclass(frozen=True, kw_only=True)
class Config:
    """Read once from the environment; README.md has the table."""

    openems_url: Annotated[
        str, Setting("TBI_OPENEMS_URL", as_url, "the URL of OpenEMS Edge", example="http://127.0.1.11:8084")
    ]
    connector_url: Annotated[
        str, Setting("TBI_CONNECTOR_URL", as_url, "the URL of the box's connector", example="http://127.0.1.11:8083")
    ]
    tpm_api_url: Annotated[
        str, Setting("TBI_TPM_API_URL", as_url, "the URL of the box's TPM API", example="http://127.0.1.11:8082")
    ]
    identity_file: Annotated[
        Path,
        Setting("TBI_IDENTITY_FILE", as_path, "the file that describes the pool", example="/etc/tbi/identity.json"),
    ]
    redis_url: Annotated[
        str,
        Setting("TBI_REDIS_URL", as_redis_url, "the URL of Redis", example="redis://127.0.0.1:6379/0", secret=True),
    ]
    box_config: Annotated[
        Path, Setting("TBI_BOX_CONFIG", as_path, "the box's provisioning file", example="/etc/tbi/box.json")
    ]
    box_secret_file: Annotated[
        Path,
        Setting("TBI_BOX_SECRET_FILE", as_path, "the file with the box's secret", example="/var/lib/tbi/box-secret"),
    ]
    state_dir: Annotated[
        Path, Setting("TBI_STATE_DIR", as_path, "the directory of durable files", example="/var/lib/tbi/logic")
    ]
    host: Annotated[str, Setting("TBI_HOST", as_text, "the address to listen on", example="127.0.1.11")] = "127.0.0.1"
    port: Annotated[int, Setting("TBI_PORT", as_port, "the TCP port to listen on", example="8081")] = 8081
    order_token_max_age_s: Annotated[
        int,
        Setting(
            "TBI_ORDER_TOKEN_MAX_AGE_S",
            as_integer(60, 86_400),
            "how old a user's token may be when it gives an order, in s",
            example="3600",
        ),
    ] = 3600
    openems_password: Annotated[
        str,
        Setting("TBI_OPENEMS_PASSWORD", as_text, "the password of OpenEMS' owner", example="owner", secret=True),
    ] = "owner"  # noqa: S105 - OpenEMS ships with it; a box in the field gets another
    tolerance_ms: Annotated[
        int,
        Setting("TBI_SAMPLE_TOLERANCE_MS", as_integer(1, 60_000), "how far from a border a sample may be", "1500"),
    ] = 1500
    refresh_s: Annotated[
        int,
        Setting("TBI_POINTS_REFRESH_S", as_integer(1, 3600), "how often the box looks for its markets, in s", "10"),
    ] = 10
    journal_max_mb: Annotated[
        int,
        Setting("TBI_JOURNAL_MAX_MB", as_integer(1, 65_536), "how large the journal may become, in MB", example="64"),
    ] = 64
    engine_url: Annotated[
        str | None,
        Setting("TBI_ENGINE_URL", as_text, "the proxy of the container engine", example="tcp://127.0.0.1:2375"),
    ] = None
    containers: Annotated[
        str, Setting("TBI_CONTAINERS", as_text, "containers that may be managed", example="openems,redis")
    ] = ""
    chronyc: Annotated[
        str, Setting("TBI_CHRONYC", as_text, "the command that asks chrony how the clock goes", example="chronyc")
    ] = "chronyc"
    threads: Annotated[int, Setting("TBI_THREADS", as_integer(1, 64), "the number of threads", example="4")] = 4
    log_level: Annotated[str, Setting("TBI_LOG_LEVEL", as_log_level, "the log's level", example="INFO")] = "INFO"
