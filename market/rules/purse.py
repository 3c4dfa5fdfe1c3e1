"""The token's balances, outside of any market."""

from __future__ import annotations

from market.call import Call
from market.refusal import check


def move(call: Call, sender: str, to: str, quantity: int) -> None:
    """Moves `quantity` units of 1e-6 EUR; a balance never falls below 0 (M-TOK-03)."""
    before = call.world.balances.get(sender) or 0
    check(before >= quantity, "M-TOK-03", "the balance is too small")
    call.world.balances.put(sender, before - quantity)
    add(call, to, quantity)


def add(call: Call, owner: str, quantity: int) -> None:
    call.world.balances.put(owner, (call.world.balances.get(owner) or 0) + quantity)
