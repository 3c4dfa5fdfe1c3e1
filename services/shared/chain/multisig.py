"""Proposals at eosio.msig: what is proposed, decoded; who has approved it; and how one is made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.shared.chain.errors import AbiError, NotFound
from services.shared.chain.model import epoch_seconds
from services.shared.chain.reading import ChainReader
from services.shared.chain.transaction import Action

MSIG: Final = "eosio.msig"
GOVERN: Final = "tbigovern"
"""The account whose `active` permission is the governors' together."""

_UNTIED: Final = {
    "ref_block_num": 0,
    "ref_block_prefix": 0,
    "max_net_usage_words": 0,
    "max_cpu_usage_ms": 0,
    "delay_sec": 0,
    "context_free_actions": [],
    "transaction_extensions": [],
}
Level = tuple[str, str]


@dataclass(frozen=True)
class Council:
    """Whose approvals count: (account, permission) -> weight; together they must reach `threshold`."""

    weights: Mapping[Level, int]
    threshold: int

    @property
    def levels(self) -> list[Level]:
        return sorted(self.weights)

    def is_reached(self, approvals: Iterable[Level]) -> bool:
        return sum(self.weights.get(level, 0) for level in set(approvals)) >= self.threshold


@dataclass(frozen=True)
class ProposedAction:
    """`data` is None where it does not fit the contract's ABI; `packed` is what would be executed."""

    account: str
    name: str
    authorization: tuple[Level, ...]
    data: Mapping[str, Any] | None
    packed: str


@dataclass(frozen=True)
class Approval:
    """`at` is None while it is asked for; times in seconds since the epoch."""

    level: Level
    at: float | None


@dataclass(frozen=True)
class Proposal:
    """As the chain's head has it. `hash` names its content for `approve`: nobody approves what was exchanged."""

    proposer: str
    name: str
    hash: str
    expires_at: int
    actions: tuple[ProposedAction, ...]
    approvals: tuple[Approval, ...]
    is_approved: bool


def council(chain: ChainReader) -> Council:
    """Raises NotFound, ChainUnavailable."""
    permissions = chain.account(GOVERN)["permissions"]
    rule = next(entry["required_auth"] for entry in permissions if entry["perm_name"] == "active")
    weights = {(p["permission"]["actor"], p["permission"]["permission"]): p["weight"] for p in rule["accounts"]}
    return Council(weights, rule["threshold"])


def proposals(chain: ChainReader, proposer: str | None = None, name: str | None = None) -> list[Proposal]:
    """All that stand on the chain (of one proposer, of one name), also those that have expired.

    Raises ChainUnavailable.
    """
    proposers = chain.scopes(MSIG, "proposal") if proposer is None else [proposer]
    counting = _Counting(council(chain), _annulled(chain))
    found = []
    for one in proposers:
        rows = chain.rows(MSIG, one, "proposal", lower=name, upper=name, key_type="i64" if name is None else "name")
        given = {row["proposal_name"]: row for row in chain.rows(MSIG, one, "approvals2")}
        found += [_proposal(chain, one, row, given.get(row["proposal_name"], {}), counting) for row in rows]
    return found


def transaction_of(chain: ChainReader, actions: Sequence[Action], expires_at: int) -> dict[str, Any]:
    """What `propose` takes: bound to no block, void after `expires_at`. Raises AbiError, NotFound, ChainUnavailable."""
    packed = [
        {
            "account": action.account,
            "name": action.name,
            "authorization": [level_json(level) for level in action.authorization],
            "data": chain.pack_action(action.account, action.name, action.data).hex(),
        }
        for action in actions
    ]
    expiration = datetime.fromtimestamp(expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"expiration": expiration, "actions": packed, **_UNTIED}


def level_json(level: Level) -> dict[str, str]:
    return {"actor": level[0], "permission": level[1]}


@dataclass(frozen=True)
class _Counting:
    """Which approvals count."""

    deciding: Council
    annulled: Mapping[str, float]

    def is_approved(self, approvals: Iterable[Approval]) -> bool:
        valid = (one.level for one in approvals if (one.at or 0.0) > self.annulled.get(one.level[0], -1.0))
        return self.deciding.is_reached(valid)


def _annulled(chain: ChainReader) -> dict[str, float]:
    """Until when an account's approvals count no more (`invalidate`)."""
    rows = chain.rows(MSIG, MSIG, "invals")
    return {row["account"]: epoch_seconds(row["last_invalidation_time"]) for row in rows}


def _proposal(
    chain: ChainReader,
    proposer: str,
    row: Mapping[str, Any],
    given: Mapping[str, Any],
    counting: _Counting,
) -> Proposal:
    packed = bytes.fromhex(row["packed_transaction"])
    transaction = chain.by_abi(MSIG, lambda abi: abi.unpack("transaction", packed))
    approved = [_approval(entry, given=True) for entry in given.get("provided_approvals", ())]
    asked = [_approval(entry, given=False) for entry in given.get("requested_approvals", ())]
    return Proposal(
        proposer,
        row["proposal_name"],
        hashlib.sha256(packed).hexdigest(),
        int(epoch_seconds(transaction["expiration"])),
        tuple(_action(chain, action) for action in transaction["actions"]),
        tuple(sorted([*approved, *asked], key=lambda one: one.level)),
        counting.is_approved(approved),
    )


def _action(chain: ChainReader, action: Mapping[str, Any]) -> ProposedAction:
    raw, contract, name = bytes.fromhex(action["data"]), action["account"], action["name"]
    try:
        data = chain.by_abi(contract, lambda abi: abi.unpack_action(name, raw))
    except (AbiError, NotFound):
        data = None
    levels = tuple((entry["actor"], entry["permission"]) for entry in action["authorization"])
    return ProposedAction(contract, name, levels, data, action["data"])


def _approval(entry: Mapping[str, Any], *, given: bool) -> Approval:
    level = entry["level"]
    return Approval((level["actor"], level["permission"]), epoch_seconds(entry["time"]) if given else None)
