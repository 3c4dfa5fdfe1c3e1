"""Whose keys have signed a transaction, by the keys that the accounts had then (M-REG-04)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from auditor.chain.authorities import Authorities, Level
from auditor.chain.blocks import Included
from auditor.chain.recovery import recovered
from auditor.errors import Divergence, Finding, diverge
from auditor.settlement.wire import WireError, transaction_digest


@dataclass
class Attributed:
    """What one key has signed, as whom."""

    first_block: int
    accounts: set[str] = field(default_factory=set)
    signatures: int = 0
    last_block: int = 0

    def as_json(self, key: str) -> dict[str, Any]:
        return {
            "key": key,
            "accounts": sorted(self.accounts),
            "signatures": self.signatures,
            "first_block": self.first_block,
            "last_block": self.last_block,
        }


class Signers:
    """Checks each transaction before what it does is applied. `keys`: all that have signed."""

    def __init__(self, chain_id: str, authorities: Authorities) -> None:
        self._chain_id, self._authorities = chain_id, authorities
        self.keys: dict[str, Attributed] = {}

    def check(self, block: int, item: Included) -> int:
        """Gives the number of signatures. Raises Divergence for one by a key that is not of the actors' accounts, and
        for a permission that the keys do not satisfy."""
        levels = sorted({level for act in item.actions for level in act.authorization})
        of_level = {level: self._authorities.keys_of(level) for level in levels}
        digest = transaction_digest(self._chain_id, item.plain, item.plain_context_free)
        keys = set()
        for signature in item.signatures:
            try:
                key = recovered(signature, digest)
            except WireError as error:
                diverge(block, "signature", "a signature of K1 or R1 by some key", error, item.id)
            accounts = {level[0] for level, own in of_level.items() if key in own}
            if not accounts:
                self._foreign(block, item.id, key, levels)
            self._attribute(block, key, accounts)
            keys.add(key)
        for level in levels:
            if not self._authorities.is_satisfied(level, frozenset(keys)):
                found = f"only {', '.join(sorted(keys)) or 'no signature'}"
                diverge(block, "M-REG-04", f"signatures that satisfy {level[0]}@{level[1]}", found, item.id)
        return len(item.signatures)

    def _attribute(self, block: int, key: str, accounts: set[str]) -> None:
        noted = self.keys.setdefault(key, Attributed(block))
        noted.accounts |= accounts
        noted.signatures += 1
        noted.last_block = block

    def _foreign(self, block: int, transaction: str, key: str, levels: list[Level]) -> NoReturn:
        actors = ", ".join(f"{actor}@{permission}" for actor, permission in levels)
        own = sorted({own for level in levels for own in self._authorities.keys_of(level)})
        held = "; ".join(str(one) for one in self._authorities.holdings(key))
        raise Divergence(
            Finding(
                *(block, transaction, "", "M-REG-04"),
                f"a key that {actors} had at block {block} ({', '.join(own) or 'none'})",
                f"a signature by {key}, {held or 'which no account has had: a stranger'}",
                key=key,
                account=levels[0][0] if levels else "",
            )
        )
