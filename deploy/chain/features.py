"""Protocol features: all that the node supports are switched on, in the order of their dependencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import requests

from deploy.chain.governance import Governance
from services.shared.chain.errors import ChainError
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until

Say = Callable[[str], None]
PREACTIVATE: Final = "PREACTIVATE_FEATURE"


@dataclass(frozen=True)
class Feature:
    name: str
    digest: str
    dependencies: tuple[str, ...]


def allow(chain: Governance, say: Say) -> None:
    """Switch on PREACTIVATE_FEATURE, which the node's operator alone can; without it eosio.bios does not run."""
    digest = next(feature.digest for feature in supported(chain.url) if feature.name == PREACTIVATE)
    if digest in activated(chain):
        return
    chain.rpc.call("/v1/producer/schedule_protocol_feature_activations", {"protocol_features_to_activate": [digest]})
    wait_until(lambda: digest in activated(chain), 20, what="the activation of PREACTIVATE_FEATURE")
    say("protocol features allowed")


def activate(chain: Governance, say: Say) -> None:
    """Switch on the others, by eosio.bios."""
    done = activated(chain)
    left = [feature for feature in in_order(supported(chain.url)) if feature.digest not in done]
    if not left:
        return
    chain.as_eosio(
        [Action("eosio", "activate", [("eosio", "active")], {"feature_digest": feature.digest}) for feature in left]
    )
    wait_until(lambda: {f.digest for f in left} <= activated(chain), 20, what="the activation of the features")
    say(f"{len(left)} protocol features activated")


def in_order(features: list[Feature]) -> list[Feature]:
    """Each after those that it depends on."""
    ordered: list[Feature] = []
    left = list(features)
    while left:
        ready = [f for f in left if set(f.dependencies) <= {done.digest for done in ordered}]
        if not ready:
            raise ChainError(f"the protocol features {', '.join(f.name for f in left)} depend on unknown ones")
        ordered += ready
        left = [f for f in left if f not in ready]
    return ordered


def supported(url: str) -> list[Feature]:
    """What the node can (its answer is a list, unlike every other one)."""
    answer = requests.post(f"{url}/v1/producer/get_supported_protocol_features", json={}, timeout=5)
    answer.raise_for_status()
    return [Feature(_codename(entry), entry["feature_digest"], tuple(entry["dependencies"])) for entry in answer.json()]


def activated(chain: Governance) -> set[str]:
    """Digests of the features that are on."""
    answer = chain.rpc.call("/v1/chain/get_activated_protocol_features", {"limit": 200})
    return {entry["feature_digest"] for entry in answer["activated_protocol_features"]}


def _codename(entry: dict[str, Any]) -> str:
    texts = (part["value"] for part in entry["specification"] if part["name"] == "builtin_feature_codename")
    return str(next(texts, entry["feature_digest"]))
