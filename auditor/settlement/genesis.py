"""The chain's first state in bytes: its SHA-256 is the chain's id (eosio, genesis_state.hpp, chain_config.hpp)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.settlement.node import moment
from auditor.settlement.wire import to_binary

_CONFIGURATION: Final = (
    ("max_block_net_usage", 8),
    ("target_block_net_usage_pct", 4),
    ("max_transaction_net_usage", 4),
    ("base_per_transaction_net_usage", 4),
    ("net_usage_leeway", 4),
    ("context_free_discount_net_usage_num", 4),
    ("context_free_discount_net_usage_den", 4),
    ("max_block_cpu_usage", 4),
    ("target_block_cpu_usage_pct", 4),
    ("max_transaction_cpu_usage", 4),
    ("min_transaction_cpu_usage", 4),
    ("max_transaction_lifetime", 4),
    ("deferred_trx_expiration_window", 4),
    ("max_transaction_delay", 4),
    ("max_inline_action_size", 4),
    ("max_inline_action_depth", 2),
    ("max_authority_depth", 2),
)


def packed_genesis(genesis: Mapping[str, Any]) -> bytes:
    """Of the `genesis.json` that the chain was started with. Raises KeyError for one that lacks something."""
    configuration = genesis["initial_configuration"]
    return (
        round(moment(genesis["initial_timestamp"]) * 1_000_000).to_bytes(8, "little")
        + to_binary("PUB", genesis["initial_key"])
        + b"".join(int(configuration[name]).to_bytes(size, "little") for name, size in _CONFIGURATION)
    )


def packed_size() -> int:
    """Bytes of a packed genesis: time, key, configuration."""
    return 8 + 1 + 33 + sum(size for _, size in _CONFIGURATION)
