"""The keeper's configuration, read once from the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.blockchain_connector.config import as_chain_id, as_seconds
from services.shared.web import Setting
from services.shared.web.config import as_log_level, as_path, as_urls


@dataclass(frozen=True, kw_only=True)
class KeeperConfig:
    chain_urls: Annotated[
        tuple[str, ...],
        Setting("TBI_CHAIN_URLS", as_urls, "nodes of the chain, separated by commas", example="http://127.0.0.1:8888"),
    ]
    state_dir: Annotated[
        Path, Setting("TBI_STATE_DIR", as_path, "the folder of its heartbeat", example="/var/lib/tbi/keeper")
    ]
    key_file: Annotated[
        Path,
        Setting("TBI_KEY_FILE", as_path, "the key of tbiadmin@keeper", example="/var/lib/tbi/tbiadmin.keeper.key"),
    ]
    log_level: Annotated[str, Setting("TBI_LOG_LEVEL", as_log_level, "the log's level", example="INFO")] = "INFO"
    interval_s: Annotated[
        float, Setting("TBI_KEEPER_INTERVAL_S", as_seconds, "the pause between two rounds", example="0.5")
    ] = 0.5
    chain_id: Annotated[
        str | None,
        Setting(
            "TBI_CHAIN_ID", as_chain_id, "the chain's id; nodes of another one are not used", example="64 hex digits"
        ),
    ] = None
    node_check_s: Annotated[
        float, Setting("TBI_NODE_CHECK_S", as_seconds, "how often several nodes are compared", example="5")
    ] = 5.0
