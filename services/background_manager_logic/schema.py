"""Which versions this service's primary collections have had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from services.shared.data import Migration

_NO_MARKETS: Final = Migration(
    "numbers from before the chain get their (empty) list of markets",
    pending={"markets": None},
    change=lambda _: {"$set": {"markets": []}},
)
"""Meters and units were kept before any of them could be registered; then they had no such field."""


SCHEMA: Final[Mapping[str, Sequence[Migration]]] = {
    "boxes": (),
    "meters": (_NO_MARKETS,),
    "units": (_NO_MARKETS,),
    "accounts": (_NO_MARKETS,),
    "participants": (),
    "security_keys": (),
    "runs": (),
    "access_log": (),
}
