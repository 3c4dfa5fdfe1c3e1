"""The market as one machine: an action goes in, and either the state changes or a rule refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from market import actions
from market.books import World
from market.call import Call, Event
from market.refusal import Refused
from market.rules import (
    administration,
    awards,
    bids,
    deals,
    delivery,
    erasure,
    events,
    forecasts,
    ledger,
    offers,
    p2x,
    passive,
    registration,
    settlement,
    token,
)

RULES: Mapping[type, Callable[[Call, Any], None]] = {
    actions.Create: token.create,
    actions.Issue: token.issue,
    actions.Transfer: token.transfer,
    actions.RegBox: registration.reg_box,
    actions.ReKey: registration.re_key,
    actions.RegPoint: registration.reg_point,
    actions.RegUnit: registration.reg_unit,
    actions.SendData: events.send_data,
    actions.Raise: events.raise_by_hand,
    actions.Expire: events.expire,
    actions.OpenMarket: administration.open_market,
    actions.SetParams: administration.set_params,
    actions.SetPrices: administration.set_prices,
    actions.Withdraw: ledger.withdraw,
    actions.RecordForecast: forecasts.record,
    actions.PlaceOffer: offers.place,
    actions.Retract: offers.retract,
    actions.Bid: bids.place,
    actions.Award: awards.award,
    actions.Deliver: delivery.deliver,
    actions.Settle: settlement.settle,
    actions.Sweep: settlement.sweep,
    actions.Erase: erasure.erase,
    actions.PassPropose: passive.propose,
    actions.PassDrop: passive.drop,
    actions.PassAccept: passive.accept,
    actions.PassEnd: passive.end,
    actions.PassClear: passive.clear,
    actions.P2pPropose: deals.propose,
    actions.P2pDrop: deals.drop,
    actions.P2pAccept: deals.accept,
    actions.MintP2x: p2x.mint,
}


class Model:
    """The markets' state and the only way to change it."""

    def __init__(self, accounts: Mapping[str, str] | None = None) -> None:
        """`accounts`: the accounts that exist -> the key that satisfies `active` by itself ("" when none does)."""
        self.world = World()
        self.world.accounts.update(accounts or {})

    def apply(self, action: actions.Action, now: int, signed: Iterable[str] = ()) -> list[Event]:
        """Applies one action at block time `now` (whole seconds) with the authority of the accounts in `signed`.

        Gives what the contracts would log. Refused: a rule was broken, and nothing has changed.
        """
        call = Call(self.world, getattr(action, "market", ""), now, frozenset(signed))
        try:
            RULES[type(action)](call, action)
        except Refused:
            self.world.journal.roll_back()
            raise
        self.world.journal.keep()
        return call.events

    def money(self) -> tuple[int, int]:
        """The two sums that M-LED-03 says are equal: all ledgers, and the market's token balance (units of 1e-6
        EUR)."""
        held = sum(
            account.available + account.locked
            for market in self.world.markets.values()
            for account in self.world.books(market.market).ledger.values()
        )
        return held, self.world.balances.get("tbimarket") or 0
