"""What the chain of `chain_worker.py` starts with. It is imported inside the ipyeos binary, as that is."""

import json

from ipyeos import chaintester

PREACTIVATE = "0ec7e080177b2c02b278d5088611686b49d739925a92d9bfcacd7fc6b74053bd"
FEATURES = (
    "1a99a59d87e06e09ec5b028a9cbb7749b4a5ad8819004365d02dc4379a8b7241",  # ONLY_LINK_TO_EXISTING_PERMISSION
    "2652f5f96006294109b3dd0bbde63693f55324af452b799ee137a81a905eed25",  # FORWARD_SETCODE
    "299dcb6af692324b899b39f16d5a530a33062804e41f09dc97e9f156b4476707",  # WTMSIG_BLOCK_SIGNATURES
    "4e7bf348da00a945489b2a681749eb56f5de00b900014e137ddae39f48f69d67",  # RAM_RESTRICTIONS
    "4fca8bd82bbd181e714e283f83e1b45d95ca5af40fb89ad3977b653c448f78c2",  # WEBAUTHN_KEY
    "5443fcf88330c586bc0e5f3dee10e7f63c76c00249c87fe4fbf7f38c082006b4",  # BLOCKCHAIN_PARAMETERS
    "68dcaa34c0517d19666e6b33add67351d8c5f69e999ca1e37931bc410a297428",  # DISALLOW_EMPTY_PRODUCER_SCHEDULE
    "6bcb40a24e49c26d0a60513b6aeb8551d264e4717f306b81a37a5afb3b47cedc",  # CRYPTO_PRIMITIVES
    "8ba52fe7a3956c5cd3a656a3174b931d3bb2abb45578befc59f283ecd816a405",  # ONLY_BILL_FIRST_AUTHORIZER
    "ad9e3d8f650687709fd68f4b90b41f7d825a365b02c23a636cef88ac2ac00c43",  # RESTRICT_ACTION_TO_SELF
    "c3a6138c5061cf291310887c0b5c71fcaffeab90d5deb50d3b9e687cead45071",  # ACTION_RETURN_VALUE
    "e0fb64b1085cc5538970158d05a009c24e276fb94e1a0bf6a528b48fbc4ff526",  # FIX_LINKAUTH_RESTRICTION
    "f0af56d2c5a48d60a4a5b5c903edfb7db3a736a94ed589d0b797df33ff9d3e1d",  # GET_SENDER
)
GENESIS_S = 1_735_689_600  # 2025-01-01
UNBOUNDED = 1 << 30


def bare_genesis() -> dict:
    """The genesis of a chain whose blocks have room for everything."""
    genesis = json.loads(json.dumps(chaintester.genesis_test))
    genesis["initial_timestamp"] = "2025-01-01T00:00:00.000"
    genesis["initial_configuration"].update(
        max_block_net_usage=UNBOUNDED,
        max_transaction_net_usage=UNBOUNDED >> 1,
        max_block_cpu_usage=UNBOUNDED,
        max_transaction_cpu_usage=UNBOUNDED >> 1,
    )
    return genesis
