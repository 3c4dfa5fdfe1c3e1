"""Moves of the token."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from market.values import Money
from services.background_manager_logic.market.documents import ANY_MARKET, MARKET_CONTRACT, Action


def _issue(action: Action) -> None:
    if (money := _euro(action)) is not None:
        action.money(ANY_MARKET, str(action.told["to"]), "issued", wallet=money)


def _retire(action: Action) -> None:
    """By the issuer's authority alone (M-TOK-01), so he is whose money it was."""
    if (money := _euro(action)) is not None:
        action.money(ANY_MARKET, action.signed_by, "retired", wallet=-money)


def _transfer(action: Action) -> None:
    money = _euro(action)
    if money is None:
        return
    sender, receiver, memo = (str(action.told[name]) for name in ("from", "to", "memo"))
    if receiver == MARKET_CONTRACT:
        action.money(memo, sender, "deposit", available=money, wallet=-money)
    elif sender == MARKET_CONTRACT:
        action.money(memo, receiver, "withdrawal", available=-money, wallet=money)
    else:
        action.money(ANY_MARKET, sender, "sent", wallet=-money, other=receiver)
        action.money(ANY_MARKET, receiver, "received", wallet=money, other=sender)


def _euro(action: Action) -> int | None:
    quantity = str(action.told["quantity"])
    return int(Money.from_asset(quantity)) if quantity.endswith(" EUR") else None


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbitoken.issue": _issue,
    "tbitoken.retire": _retire,
    "tbitoken.transfer": _transfer,
}
