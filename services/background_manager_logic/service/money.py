"""Money on the market: what is available, what is locked, what came and went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from market.values import Money
from services.background_manager_logic.connector import Action
from services.background_manager_logic.errors import NotOwn, Unknown
from services.background_manager_logic.market.documents import ANY_MARKET, MARKET_CONTRACT
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.ports import BoxPort, ChainPort
from services.background_manager_logic.repository import Listed, Repository
from services.background_manager_logic.service.actors import EVU_ACCOUNT, Actor
from services.shared.data import page

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """As the chain has it now. `history`: what is irreversible, the newest first."""

    market: str
    eos_account: str | None
    available: Money
    locked: Money
    wallet: Money
    history: Listed[Entry]


@dataclass(frozen=True, slots=True)
class Moved:
    """Money that has been moved."""

    market: str
    eos_account: str
    amount: Money
    transaction_id: str | None
    block_num: int | None


class MarketMoney:
    """`key`: the order's own Idempotency-Key. All may raise ChainSilent, ChainWrong; orders what orders raise."""

    def __init__(self, repository: Repository, store: Store, boxes: BoxPort, chain: ChainPort) -> None:
        self._kept = repository
        self._store = store
        self._boxes = boxes
        self._chain = chain

    def account(self, actor: Actor, market: str, limit: int, cursor: str | None) -> Account:
        """Raises BadCursor."""
        if actor.account is None:
            return Account(market, None, Money(0), Money(0), Money(0), Listed([], None))
        row = self._chain.rows(
            MARKET_CONTRACT, "ledger", market, lower=actor.account, upper=actor.account, key_type="name"
        )
        ledger = row[0] if row else {"available": 0, "locked": 0}
        balances = [str(one["balance"]) for one in self._chain.rows("tbitoken", "accounts", actor.account)]
        wallet = next((Money.from_asset(balance) for balance in balances if balance.endswith(" EUR")), Money(0))
        query = {"account": actor.account, "market": {"$in": [market, ANY_MARKET]}}
        found = page(self._store.of("money"), query, sort="order", descending=True, limit=limit, cursor=cursor)
        history: Listed[Entry] = Listed(list(found.items), found.next_cursor)
        available, locked = Money(int(ledger["available"])), Money(int(ledger["locked"]))
        return Account(market, actor.account, available, locked, wallet, history)

    def deposit(self, actor: Actor, market: str, amount: Money, key: str) -> Moved:
        """From one's own wallet into the market; the EVU's own money comes into being with it. Raises Conflict."""
        if not actor.is_evu:
            return self._by_box(actor, "deposit", market, amount, key)
        into = _transfer(MARKET_CONTRACT, amount, memo=market)
        return self._by_evu([_issue(amount), into], market, EVU_ACCOUNT, amount, key)

    def credit(
        self, actor: Actor, market: str, amount: Money, *, eos_account: str | None, sub: str | None, key: str
    ) -> Moved:
        """A payment that the EVU has received becomes money in a participant's wallet. Raises Unknown, NotOwn."""
        if not actor.is_evu:
            raise NotOwn("only the EVU credits payments of others; leave eos_account and participant_sub out")
        receiver = self._receiver(eos_account, sub)
        actions = [_issue(amount), _transfer(receiver, amount, memo="deposit")]
        return self._by_evu(actions, market, receiver, amount, key)

    def withdraw(self, actor: Actor, market: str, amount: Money, key: str) -> Moved:
        """Out of the market into one's wallet. Raises Conflict."""
        if not actor.is_evu:
            return self._by_box(actor, "withdraw", market, amount, key)
        data = {"market": market, "owner": EVU_ACCOUNT, "quantity": amount.asset}
        return self._by_evu([Action(MARKET_CONTRACT, "withdraw", data)], market, EVU_ACCOUNT, amount, key)

    def _by_box(self, actor: Actor, kind: str, market: str, amount: Money, key: str) -> Moved:
        body = {"market": market, "amount_eur": amount.eur}
        told = self._boxes.order(actor.require_box(), kind, body, user_token=actor.token, key=key)
        return Moved(market, actor.require_account(), amount, told.get("transaction_id"), told.get("block_num"))

    def _by_evu(self, actions: list[Action], market: str, account: str, amount: Money, key: str) -> Moved:
        receipt = self._chain.transact(actions, key)
        return Moved(market, account, amount, receipt.transaction_id, receipt.block_num)

    def _receiver(self, eos_account: str | None, sub: str | None) -> str:
        """A participant's account: money goes to nobody else."""
        query = {"_id": sub} if sub is not None else {"eos_account": eos_account}
        found = self._kept.participants.any(query)
        if found is None or found.eos_account is None or (eos_account is not None and found.eos_account != eos_account):
            raise Unknown("there is no such participant, or he has no account on the chain yet")
        return found.eos_account


def _issue(amount: Money) -> Action:
    return Action("tbitoken", "issue", {"to": EVU_ACCOUNT, "quantity": amount.asset, "memo": "deposit"})


def _transfer(receiver: str, amount: Money, *, memo: str) -> Action:
    data = {"from": EVU_ACCOUNT, "to": receiver, "quantity": amount.asset, "memo": memo}
    return Action("tbitoken", "transfer", data)
