"""One irreversible action of the market's contracts, folded into documents. No database, no clock, no chance.

The rules are those of contracts/README.md: what is in the feed took effect, so nothing is checked here, only followed.
Each theme has a module, whose `STEPS` say what it follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.background_manager_logic.market.documents import Action, Documents, Item
from services.background_manager_logic.market.fold import (
    deals,
    delivery,
    money,
    passive,
    pool,
    power2x,
    registration,
    settlement,
    trading,
)

_THEMES = (registration, trading, deals, passive, delivery, pool, settlement, power2x, money)
_STEPS: Mapping[str, Callable[[Action], None]] = {kind: step for theme in _THEMES for kind, step in theme.STEPS.items()}


def fold(item: Item, docs: Documents) -> None:
    """Take one action in. Actions of markets whose opening is not in the feed count for nothing."""
    step = _STEPS.get(item.kind)
    if step is None:
        return
    told = item.data["data"]
    if not isinstance(told, Mapping):  # the connector could not decode it: it fits no contract of today
        return
    step(Action(item, told, docs))
