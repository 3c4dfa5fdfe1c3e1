"""Which collections are primary: what else there is derives from the chain, the register or the pool."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

DATABASES: Final = ("background_manager", "mastr", "forecast")
"""The services' databases by their usual names."""

_DERIVED: Final = {
    # the read model is rebuilt from the chain
    "background_manager": ("market_",),
}
_ONLY: Final = {
    # the register's own units, actors and locations come from its export again
    "mastr": ("extra_units", "answers", "schema"),
}


def primary(database: str, collections: Iterable[str]) -> list[str]:
    """Those of a database's collections that a backup holds, in order. `database` is its usual name."""
    only = _ONLY.get(database)
    derived = (*_DERIVED.get(database, ()), "system.")
    return sorted(name for name in collections if not name.startswith(derived) and (only is None or name in only))
