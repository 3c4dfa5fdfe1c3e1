"""The documents that are made of the market's actions: their keys, and how an action reads and writes them.

By kind and key (ids in keys are padded, so that they sort):

    markets  <market>                 times, parameters and prices; how many offers, points and units there are
    points   <market>:<point>         account, box, group, hash, units
    units    <market>:<unit>          point, hash
    offers   <market>:<offer>         an offer with its highest bid, its end and its balance
    bids     <transaction>:<offer>:<price>
    slots    <market>:<slot>:<point>  what was forecast, offered, sold, measured and settled at a metering point
    pool     <market>:<slot>:<group>  the balancing group's figures
    money    <item>:<n>               how an account's available, locked and wallet money changed
    passives <market>:<unit>:<id>     a passive contract, proposed or agreed (agreements.py)
    deals    <market>:<slot>:<unit>   a peer-to-peer deal, proposed or agreed (agreements.py)
    takeovers <market>:<slot>         what the EVU took over in a slot and what it paid, and for how much it minted
    mints    <item>                   P2X tokens that were minted for a slot

Energy in Wh, prices in 1/10000 ct per kWh, money in units of 1e-6 EUR, times in seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Document = dict[str, Any]
Data = Mapping[str, Any]

MARKET_CONTRACT = "tbimarket"
ANY_MARKET = ""
"""The market of money that lies in a wallet."""

KINDS = (
    "markets",
    "points",
    "units",
    "offers",
    "bids",
    "slots",
    "pool",
    "money",
    "passives",
    "deals",
    "takeovers",
    "mints",
)


class Documents(Protocol):
    """Where the documents are. What `get` gives is the caller's own; nothing changes before `put`."""

    def get(self, kind: str, key: str) -> Document | None: ...

    def put(self, kind: str, key: str, document: Document) -> None: ...


class Item(Protocol):
    """An item of the connector's feed."""

    @property
    def id(self) -> int: ...

    @property
    def kind(self) -> str: ...

    @property
    def data(self) -> Data: ...


def offer_key(market: str, offer: int) -> str:
    return f"{market}:{offer:020d}"


def point_key(market: str, point: int) -> str:
    """Of points and of units."""
    return f"{market}:{point:010d}"


def takeover_key(market: str, slot: int) -> str:
    return f"{market}:{slot:010d}"


def slot_key(market: str, slot: int, point: int) -> str:
    return f"{market}:{slot:010d}:{point:010d}"


def bid_key(transaction_id: str, offer: int, price: int) -> str:
    """A transaction bids for an offer at a price once: the next bid must be higher."""
    return f"{transaction_id}:{offer}:{price}"


def bid_document(market: str, offer: int, bidder: str, price: int, at: int) -> Document:
    return {"market": market, "offer_id": offer, "bidder": bidder, "price": price, "at": at}


def of_slot(rows: Sequence[Document], slot: int) -> Document:
    """The parameters (prices) that hold for a slot."""
    return max((row for row in rows if row["from_slot"] <= slot), key=lambda row: int(row["from_slot"]))


def gate_of(market: Data, slot: int) -> int:
    """When trading of a slot ends at first. `market`: its document."""
    return slot - int(of_slot(market["params"], slot)["lead_s"])


class Action:
    """An action with its block, and how documents are read and written for it."""

    def __init__(self, item: Item, told: Data, docs: Documents) -> None:
        self.told = told
        self.at = int(item.data["block_time"])
        self.block_num = int(item.data["block_num"])
        self.transaction_id = str(item.data["transaction_id"])
        self.signed_by = str(item.data["authorization"][0]).partition("@")[0]
        self.docs = docs
        self._item = item.id
        self._entries = 0

    @property
    def market(self) -> str:
        return str(self.told["market"])

    def market_doc(self) -> Document | None:
        return self.docs.get("markets", self.market)

    def offer(self, number: int) -> Document | None:
        return self.docs.get("offers", offer_key(self.market, number))

    def keep_offer(self, offer: Document) -> None:
        """The newest block that touched it says how far the document is."""
        offer["block_num"], offer["changed_at"] = self.block_num, self.at
        self.docs.put("offers", offer_key(offer["market"], offer["offer_id"]), offer)

    def slot(self, slot: int, point: int) -> Document:
        found = self.docs.get("slots", slot_key(self.market, slot, point))
        return found or {"market": self.market, "slot": slot, "point": point, "units": {}, "offers": []}

    def keep_slot(self, row: Document) -> None:
        self.docs.put("slots", slot_key(row["market"], row["slot"], row["point"]), row)

    def keep_mint(self, mint: Document) -> None:
        """An action mints once."""
        entry = {"market": self.market, **mint, "changed_at": self.at, "transaction_id": self.transaction_id}
        self.docs.put("mints", f"{self._item:015d}", entry | {"order": self._item})

    def money(self, market: str, account: str, kind: str, **changes: Any) -> None:
        """Write down that an account's money changed: `available`, `locked`, `wallet`, and what it was for."""
        self._entries += 1
        entry = {"market": market, "account": account, "kind": kind, "at": self.at, "available": 0, "locked": 0}
        entry |= {"wallet": 0, "transaction_id": self.transaction_id, "order": self._item * 100 + self._entries}
        self.docs.put("money", f"{self._item:015d}:{self._entries:03d}", entry | changes)
