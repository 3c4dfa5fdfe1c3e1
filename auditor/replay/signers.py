"""Whose keys have signed a transaction, by the keys that the accounts had then (M-REG-04)."""

from __future__ import annotations

from auditor.chain.authorities import Authorities
from auditor.chain.blocks import Included
from auditor.errors import diverge
from auditor.settlement.signatures import signed_by
from auditor.settlement.wire import WireError, transaction_digest


class Signers:
    """Checks each transaction before what it does is applied."""

    def __init__(self, chain_id: str, authorities: Authorities) -> None:
        self._chain_id, self._authorities = chain_id, authorities

    def check(self, block: int, item: Included) -> int:
        """Gives the number of signatures. Raises Divergence for one that no key of the actors' accounts has made, and
        for a permission that the keys do not satisfy."""
        levels = {level for act in item.actions for level in act.authorization}
        candidates = sorted({key for level in levels for key in self._authorities.keys_of(level)})
        digest = transaction_digest(self._chain_id, item.plain, item.plain_context_free)
        keys = set()
        actors = ", ".join(sorted(f"{actor}@{permission}" for actor, permission in levels))
        for signature in item.signatures:
            try:
                key = next((key for key in candidates if signed_by(key, signature, digest)), "")
            except WireError as error:
                diverge(block, "signature", "a signature of K1 or R1", error, item.id)
            if not key:
                diverge(block, "M-REG-04", f"a key that {actors} had then", f"{signature[:20]}... of another", item.id)
            keys.add(key)
        for level in sorted(levels):
            if not self._authorities.is_satisfied(level, frozenset(keys)):
                found = f"only {', '.join(sorted(keys)) or 'no signature'}"
                diverge(block, "M-REG-04", f"signatures that satisfy {level[0]}@{level[1]}", found, item.id)
        return len(item.signatures)
