"""What the model says, as the chain says it: actions, rows and log entries."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from market import actions, rows
from market.books import World
from market.call import Event
from tests.contracts.chain_tester import Act
from tests.contracts.scene import eur

ACTIONS: Mapping[type, tuple[str, str]] = {
    actions.Transfer: ("tbitoken", "transfer"),
    actions.Issue: ("tbitoken", "issue"),
    actions.Create: ("tbitoken", "create"),
    actions.RegBox: ("tbiclsbox", "regbox"),
    actions.ReKey: ("tbiclsbox", "rekey"),
    actions.RegPoint: ("tbiclsbox", "regpoint"),
    actions.RegUnit: ("tbiclsbox", "regunit"),
    actions.SendData: ("tbiclsbox", "senddata"),
    actions.Raise: ("tbiclsbox", "raise"),
    actions.Expire: ("tbiclsbox", "expire"),
    actions.OpenMarket: ("tbimarket", "openmarket"),
    actions.SetParams: ("tbimarket", "setparams"),
    actions.SetPrices: ("tbimarket", "setprices"),
    actions.Withdraw: ("tbimarket", "withdraw"),
    actions.RecordForecast: ("tbimarket", "forecast"),
    actions.PlaceOffer: ("tbimarket", "offer"),
    actions.Retract: ("tbimarket", "retract"),
    actions.Bid: ("tbimarket", "bid"),
    actions.Award: ("tbimarket", "award"),
    actions.Deliver: ("tbimarket", "deliver"),
    actions.Settle: ("tbimarket", "settle"),
    actions.Sweep: ("tbimarket", "sweep"),
    actions.Erase: ("tbimarket", "erase"),
    actions.PassPropose: ("tbimarket", "passpropose"),
    actions.PassDrop: ("tbimarket", "passdrop"),
    actions.PassAccept: ("tbimarket", "passaccept"),
    actions.PassEnd: ("tbimarket", "passend"),
    actions.PassClear: ("tbimarket", "passclear"),
    actions.P2pPropose: ("tbimarket", "p2ppropose"),
    actions.P2pDrop: ("tbimarket", "p2pdrop"),
    actions.P2pAccept: ("tbimarket", "p2paccept"),
    actions.MintP2x: ("tbimarket", "mintp2x"),
}
MONEY = frozenset({"quantity", "maximum_supply"})


def act(action: actions.Action, signed: tuple[str, ...]) -> Act:
    """A model's action as one that the chain takes."""
    contract, name = ACTIONS[type(action)]
    data = {
        "from" if key == "sender" else key: eur(value) if key in MONEY else value
        for key, value in _plain(action).items()
    }
    return Act(contract, name, data, signed)


Tables = dict[tuple[str, str, str], list[dict[str, Any]]]
"""Rows by contract, scope and table."""


def tables(world: World, markets: list[str], boxes: list[str]) -> Tables:
    """All rows of these markets and boxes as the contracts must have them."""
    found: Tables = {}
    for market in markets:
        books = world.books(market)
        for contract, names in TABLES.items():
            for name in names:
                found[contract, market, name] = [row(item) for item in getattr(books, name).values()]
    for box in boxes:
        of = world.box(box)
        found["tbiclsbox", box, "boxpoints"] = [row(item) for item in of.boxpoints.values()]
        found["tbiclsbox", box, "events"] = [row(item) for item in of.events.values()]
        found["tbiclsbox", box, "boxstate"] = [row(item) for item in of.state.values()]
    return found


TABLES: Mapping[str, tuple[str, ...]] = {
    "tbimarket": (
        "params",
        "prices",
        "ledger",
        "forecasts",
        "offers",
        "slots",
        "readings",
        "watermarks",
        "balances",
        "passprops",
        "passives",
        "deals",
        "takeovers",
    ),
    "tbiclsbox": ("participants", "boxes", "keys", "points", "units", "counters"),
    "tbipool": ("groups", "figures"),
}


def row(item: Any) -> dict[str, Any]:
    """A model's row with the columns that the contract's row has beside."""
    found = _plain(item)
    if isinstance(item, rows.Point | rows.Unit):
        found["prefix"] = int(item.hash[:16], 16)
    if isinstance(item, rows.BoxEvent):
        found["due"] = item.due
    if isinstance(item, rows.Offer):
        found["due_key"] = item.due_key
    if isinstance(item, rows.Watermark):
        found["bits"] = [item.bits >> 64 * word & 2**64 - 1 for word in range(16)]
    return found


def log_entry(event: Event) -> tuple[str, str]:
    """A log entry as the chain's trace shows it: the action's name and its data in hex."""
    return event.name, (_name(event.market) + LOGS[event.name](event.data)).hex()


def _log_award(data: Any) -> bytes:
    offer, status, buyer, price = data
    return struct.pack("<QB", offer, status) + _name(buyer) + struct.pack("<I", price)


def _log_settle(data: rows.Balance) -> bytes:
    text = b""
    for column in fields(data):
        value = getattr(data, column.name)
        text += _name(value) if isinstance(value, str) else struct.pack(BALANCE[column.name], value)
    return text


def _log_sweep(data: Any) -> bytes:
    return struct.pack("<IIIq", *data)


LOGS: Mapping[str, Callable[[Any], bytes]] = {
    "logaward": _log_award,
    "logsettle": _log_settle,
    "logsweep": _log_sweep,
}
BALANCE = {
    "offer": "<Q",
    **dict.fromkeys(
        ("slot", "price", "sold_wh", "delivered_wh", "produced_wh", "consumed_wh", "settled_at"),
        "<I",
    ),
    **dict.fromkeys(("difference_wh", "to_seller", "shortfall", "penalty", "surplus"), "<q"),
}


def name_value(text: str) -> int:
    """A name of at most 12 letters as the number that it is on the chain."""
    value = 0
    for place in range(12):
        value = value << 5 | (".12345abcdefghijklmnopqrstuvwxyz".index(text[place]) if place < len(text) else 0)
    return value << 4


def _name(text: str) -> bytes:
    return struct.pack("<Q", name_value(text))


def _plain(item: Any) -> dict[str, Any]:
    kind: Any = type(item)
    return {name: _value(getattr(item, name)) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(column.name for column in fields(kind))


def _value(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    return [_value(part) for part in value] if isinstance(value, tuple) else _plain(value)
