"""What the actions that a settlement rests on look like in bytes: the ABIs of the contracts, cut down to these.

Written down here so that a file can be checked without a node; a test holds them against the ABIs. A type is a name of
`_READ`, a tuple of fields, or a list with one such element.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.settlement.wire import Reader

_READ: Final = {
    "name": lambda reader: reader.name(),
    "uint8": lambda reader: reader.integer(1),
    "uint32": lambda reader: reader.integer(4),
    "uint64": lambda reader: reader.integer(8),
    "int64": lambda reader: reader.integer(8, signed=True),
    "checksum256": lambda reader: reader.take(32).hex(),
    "public_key": lambda reader: reader.public_key(),
}
Fields = tuple[tuple[str, Any], ...]

PRICES: Final[Fields] = (("from_slot", "uint64"), ("evu_buy", "uint32"), ("evu_sell", "uint32"))
PARAMS: Final[Fields] = (
    ("from_slot", "uint64"),
    *(
        (field, "uint32")
        for field in (
            "lead_s",
            "extend_s",
            "settle_gap_s",
            "deadline_s",
            "retain_s",
            "tick",
            "min_price",
            "max_price",
            "max_offers",
            "max_bids",
        )
    ),
    ("credit_line", "int64"),
)
BALANCE: Final[Fields] = (
    ("offer", "uint64"),
    ("seller", "name"),
    ("buyer", "name"),
    *((field, "uint32") for field in ("slot", "price", "sold_wh", "delivered_wh", "produced_wh", "consumed_wh")),
    *((field, "int64") for field in ("difference_wh", "to_seller", "shortfall", "penalty", "surplus")),
    ("settled_at", "uint32"),
)
READING: Final[Fields] = (
    ("point", "uint32"),
    ("fed_in_wh", "uint32"),
    ("consumed_wh", "uint32"),
    ("units", [(("unit", "uint32"), ("produced_wh", "uint32"))]),
)
MARKET, BOXES = "tbimarket", "tbiclsbox"
ACTIONS: Final[Mapping[tuple[str, str], Fields]] = {
    (MARKET, "openmarket"): (
        ("market", "name"),
        ("slot_s", "uint32"),
        ("horizon_s", "uint32"),
        ("until", "uint32"),
        ("operator", "name"),
        ("evu", "name"),
        ("params", PARAMS),
        ("prices", PRICES),
    ),
    (MARKET, "setprices"): (("market", "name"), ("prices", PRICES)),
    (MARKET, "setparams"): (("market", "name"), ("params", PARAMS)),
    (MARKET, "offer"): (
        ("market", "name"),
        ("seller", "name"),
        *((field, "uint32") for field in ("unit", "slot", "energy_wh", "start_price")),
        ("key", "uint64"),
    ),
    (MARKET, "bid"): (("market", "name"), ("bidder", "name"), ("offer", "uint64"), ("price", "uint32")),
    (MARKET, "p2paccept"): (
        ("market", "name"),
        ("buyer", "name"),
        ("seller", "name"),
        *((field, "uint32") for field in ("unit", "slot", "energy_wh", "price")),
        ("key", "uint64"),
    ),
    (MARKET, "passaccept"): (
        ("market", "name"),
        ("owner", "name"),
        *((field, "uint32") for field in ("unit", "price", "from_slot", "until_slot")),
    ),
    (MARKET, "passend"): (
        ("market", "name"),
        ("party", "name"),
        *((field, "uint32") for field in ("unit", "from_slot", "end_slot")),
    ),
    (MARKET, "deliver"): (("market", "name"), ("box", "name"), ("slot", "uint32"), ("readings", [READING])),
    (MARKET, "logaward"): (
        ("market", "name"),
        ("offer", "uint64"),
        ("status", "uint8"),
        ("buyer", "name"),
        ("price", "uint32"),
    ),
    (MARKET, "logsettle"): (("market", "name"), ("balance", BALANCE)),
    (MARKET, "logsweep"): (
        ("market", "name"),
        *((field, "uint32") for field in ("slot", "point", "energy_wh")),
        ("amount", "int64"),
    ),
    (BOXES, "regbox"): (("market", "name"), ("box", "name"), ("key", "public_key")),
    (BOXES, "rekey"): (("market", "name"), ("box", "name"), ("key", "public_key")),
    (BOXES, "regpoint"): (
        ("market", "name"),
        ("account", "name"),
        ("box", "name"),
        ("group", "name"),
        ("hash", "checksum256"),
    ),
    (BOXES, "regunit"): (("market", "name"), ("point", "uint32"), ("hash", "checksum256")),
}


def decoded(contract: str, action: str, data: bytes) -> dict[str, Any]:
    """The action's fields. Raises the reader's error when the bytes are not of this shape."""
    reader = Reader(data)
    fields = _struct(ACTIONS[contract, action], reader)
    reader.end()
    return fields


def _struct(fields: Fields, reader: Reader) -> dict[str, Any]:
    return {field: _value(kind, reader) for field, kind in fields}


def _value(kind: Any, reader: Reader) -> Any:
    if isinstance(kind, list):
        return [_value(kind[0], reader) for _ in range(reader.varuint32())]
    return _struct(kind, reader) if isinstance(kind, tuple) else _READ[kind](reader)
