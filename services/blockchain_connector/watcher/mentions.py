"""Whom and what an action concerns: what the history is looked up by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_ACCOUNTS: Final = frozenset(
    {"account", "bidder", "box", "buyer", "evu", "from", "operator", "owner", "party", "seller", "to"}
)


def of_account(account: str) -> str:
    return f"account {account}"


def of_offer(market: str, offer: int) -> str:
    return f"offer {market} {offer}"


def mentions(data: Mapping[str, Any]) -> set[str]:
    """Of an event of the cloud side's feed: who signed the action, the accounts in it, and the offer."""
    inside = data.get("data", {})
    found = {of_account(level.partition("@")[0]) for level in data.get("authorization", ())}
    found |= {of_account(value) for field, value in _fields(inside) if field in _ACCOUNTS and isinstance(value, str)}
    offers = {value for field, value in _fields(inside) if field == "offer" and isinstance(value, int)}
    return (found | {of_offer(str(inside.get("market", "")), offer) for offer in offers}) - {of_account("")}


def _fields(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Of the action and of the structs in it (a balance), not of lists: readings name nobody."""
    for field, value in data.items():
        yield field, value
        if isinstance(value, dict):
            yield from _fields(value)
