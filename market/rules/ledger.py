"""The ledger (M-LED): who has how much available and locked in a market."""

from __future__ import annotations

from dataclasses import replace

from market.actions import Transfer, Withdraw
from market.call import MARKET_ACCOUNT, Call
from market.refusal import check
from market.rows import Account
from market.rules import purse


def deposit(call: Call, action: Transfer) -> None:
    """What the market makes of a transfer of the genuine token to it (M-LED-01); the memo names the market."""
    if action.sender == MARKET_ACCOUNT or action.to != MARKET_ACCOUNT:
        return
    call.market = action.memo
    _ = call.row
    account = open_account(call, action.sender)
    put(call, replace(account, available=account.available + action.quantity))


def withdraw(call: Call, action: Withdraw) -> None:
    call.require(action.owner, "M-LED-02")
    account = of(call, action.owner)
    check(action.quantity > 0, "M-LED-02", "the quantity must be an amount of EUR above 0")
    check(account.available >= action.quantity, "M-LED-02", "less than that is available")
    put(call, replace(account, available=account.available - action.quantity))
    purse.move(call, MARKET_ACCOUNT, action.owner, action.quantity)


def of(call: Call, owner: str) -> Account:
    """The owner's row; zeros when there is none."""
    return call.books.ledger.get(owner) or Account(owner, participant_id(call, owner) or 0)


def participant_id(call: Call, account: str) -> int | None:
    """The participant's id; 0 for the EVU, None for a stranger."""
    if account == call.row.evu:
        return 0
    return next((row.id for row in call.books.participants.where("account", account)), None)


def open_account(call: Call, owner: str) -> Account:
    """The row of a participant or of the EVU (M-LED-05)."""
    check(
        participant_id(call, owner) is not None,
        "M-LED-05",
        "only a participant of the market or its EVU has an account",
    )
    return of(call, owner)


def put(call: Call, account: Account) -> None:
    call.books.ledger.put(account.owner, account)


def credit(call: Call, owner: str, units: int) -> None:
    """Adds to (or, for the EVU, takes from) what is available."""
    if units:
        account = of(call, owner)
        put(call, replace(account, available=account.available + units))


def lock(call: Call, owner: str, units: int, bids: int = 0) -> None:
    """Moves `units` from available to locked (back, when negative) and counts the highest bids held."""
    if units or bids:
        account = of(call, owner)
        put(
            call,
            replace(
                account, available=account.available - units, locked=account.locked + units, bids=account.bids + bids
            ),
        )


def evu_can_bear(call: Call, change: int, slot: int) -> bool:
    """Whether the EVU's account stays above minus its credit line (M-LED-04). What adds to it can always be borne."""
    return change >= 0 or of(call, call.row.evu).available + change >= -call.params(slot).credit_line
