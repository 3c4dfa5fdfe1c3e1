"""P2X tokens that the EVU mints for what it took over (M-P2X-01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.background_manager_logic.market.documents import Action
from services.background_manager_logic.market.fold.common import take_over


def _mint(action: Action) -> None:
    if action.market_doc() is None:
        return
    slot, kwh = int(action.told["slot"]), int(action.told["kwh"])
    take_over(action, slot, minted_wh=kwh * 1000)
    action.keep_mint({"slot": slot, "kwh": kwh})


STEPS: Mapping[str, Callable[[Action], None]] = {"tbimarket.mintp2x": _mint}
