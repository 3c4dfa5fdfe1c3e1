"""Tokens as the chain moved them, beside the model's: both must be equal after every transaction (M-LED-03)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from auditor.replay.translate import EUR, MARKET, TOKEN
from auditor.settlement.receipts import Act
from market.books import World
from market.rows import Stat

PTX: Final = "PTX"
Difference = tuple[str, str, int, int]
"""A rule, what it is about, the expected and the found number."""


class Purses:
    """Every owner's tokens by what `tbitoken` has executed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[tuple[str, str], int] = {}
        self._touched: set[tuple[str, str]] = set()

    def by_hand(self, name: str, data: Mapping[str, Any]) -> bool:
        """What the model does not know (the Power2X token in its owners' hands, the end of tokens): done to both. Gives
        whether it was that."""
        quantity = data.get("quantity") or data.get("maximum_supply")
        if quantity is None:
            return True  # open, close: rows without an amount
        if quantity.symbol == EUR and name != "retire":
            return False
        world, amount = self._world, quantity.amount
        if name == "create":
            world.stat.put(quantity.symbol, Stat(0, amount, data["issuer"]))
        elif name == "retire":
            stat = world.stat[quantity.symbol]
            world.stat.put(quantity.symbol, replace(stat, supply=stat.supply - amount))
            self._both(quantity.symbol, stat.issuer, -amount)
        elif quantity.symbol == PTX and name == "transfer":
            self._both(PTX, data["from"], -amount)
            self._both(PTX, data["to"], amount)
        world.journal.keep()
        return True

    def by_contract(self, act: Act, data: Mapping[str, Any], world: World) -> None:
        """After an action that the model has taken: what the token did itself, and what is to follow."""
        if act.account == TOKEN and act.name != "create":
            self.add(act.name, data)
        elif act.name == "withdraw":
            self._touched |= {(EUR, MARKET), (EUR, data["owner"])}
        elif act.name == "mintp2x":
            self._touched.add((PTX, world.markets[data["market"]].evu))

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """An `issue` or `transfer` that was executed."""
        quantity = data["quantity"]
        if name == "transfer":
            self._change(quantity.symbol, data["from"], -quantity.amount)
        self._change(quantity.symbol, data["to"], quantity.amount)

    def adopt(self) -> None:
        """Where there are no traces, the model is believed."""
        self._touched.clear()

    def differences(self) -> Iterator[Difference]:
        for symbol, owner in sorted(self._touched):
            tokens = self._world.balances if symbol == EUR else self._world.p2x
            expected, found = tokens.get(owner) or 0, self._found.get((symbol, owner), 0)
            if expected != found:
                rule = "M-LED-02" if symbol == EUR else "M-P2X-01"
                yield rule, f"tokens {symbol} of {owner}:", expected, found
        self._touched.clear()

    def _both(self, symbol: str, owner: str, amount: int) -> None:
        tokens = self._world.balances if symbol == EUR else self._world.p2x
        tokens.put(owner, (tokens.get(owner) or 0) + amount)
        self._change(symbol, owner, amount)

    def _change(self, symbol: str, owner: str, amount: int) -> None:
        self._found[symbol, owner] = self._found.get((symbol, owner), 0) + amount
        self._touched.add((symbol, owner))
