"""The token EUR (M-TOK) as far as money can enter and leave a market through it."""

from __future__ import annotations

from dataclasses import replace

from market.actions import Create, Issue, Transfer
from market.call import Call
from market.refusal import Refused, check
from market.rows import Stat
from market.rules import ledger, purse
from market.values import MONEY_MAX

TOKEN_ACCOUNT = "tbitoken"  # noqa: S105 - an account's name, no secret
EUR = "EUR"
MEMO_MAX = 256


def create(call: Call, action: Create) -> None:
    call.require(TOKEN_ACCOUNT, "M-TOK-01")
    check(action.issuer in call.world.accounts, "M-TOK-02", "the issuer's account does not exist")
    check(0 < action.maximum_supply <= MONEY_MAX, "M-TOK-02", "the maximum supply must be above 0")
    check(EUR not in call.world.stat, "M-TOK-02", "the symbol exists already")
    call.world.stat.put(EUR, Stat(0, action.maximum_supply, action.issuer))


def issue(call: Call, action: Issue) -> None:
    stat = _stat(call)
    check(action.to == stat.issuer, "M-TOK-02", "tokens are issued to the issuer only")
    call.require(stat.issuer, "M-TOK-01")
    _check_quantity(action.quantity, action.memo)
    check(action.quantity <= stat.max_supply - stat.supply, "M-TOK-03", "the quantity exceeds what may still be issued")
    call.world.stat.put(EUR, replace(stat, supply=stat.supply + action.quantity))
    purse.add(call, action.to, action.quantity)


def transfer(call: Call, action: Transfer) -> None:
    """A transfer, and the deposit that it is when it goes to the market (M-LED-01)."""
    check(action.sender != action.to, "M-TOK-02", "nobody sends to himself")
    call.require(action.sender, "M-TOK-01")
    check(action.to in call.world.accounts, "M-TOK-02", "the receiver's account does not exist")
    _stat(call)
    _check_quantity(action.quantity, action.memo)
    purse.move(call, action.sender, action.to, action.quantity)
    ledger.deposit(call, action)


def _stat(call: Call) -> Stat:
    stat = call.world.stat.get(EUR)
    if stat is None:
        raise Refused("M-TOK-02", "there is no such token")
    return stat


def _check_quantity(quantity: int, memo: str) -> None:
    check(0 < quantity <= MONEY_MAX, "M-TOK-02", "the quantity must be above 0")
    check(len(memo.encode()) <= MEMO_MAX, "M-TOK-02", f"the memo has more than {MEMO_MAX} bytes")
