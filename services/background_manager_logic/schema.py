"""Which versions this service's primary collections have had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from services.background_manager_logic.domain import IN_USE
from services.shared.data import Migration

_NO_MARKETS: Final = Migration(
    "numbers from before the chain get their (empty) list of markets",
    pending={"markets": None},
    change=lambda _: {"$set": {"markets": []}},
)
"""Meters and units were kept before any of them could be registered; then they had no such field."""

_NO_STATE: Final = Migration(
    "boxes from before one could be retired are in use",
    pending={"state": None},
    change=lambda _: {"$set": {"state": IN_USE}},
)


SCHEMA: Final[Mapping[str, Sequence[Migration]]] = {
    "boxes": (_NO_STATE,),
    "meters": (_NO_MARKETS,),
    "units": (_NO_MARKETS,),
    "accounts": (_NO_MARKETS,),
    "participants": (),
    "security_keys": (),
    "runs": (),
    "access_log": (),
}
