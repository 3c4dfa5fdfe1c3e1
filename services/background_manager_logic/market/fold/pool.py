"""The balancing group's figures, as `tbipool` adds them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.background_manager_logic.market.documents import Action
from services.background_manager_logic.market.fold.common import add_to_pool


def _added(*names: tuple[str, str]) -> Callable[[Action], None]:
    """`names`: a figure's name here and in the action."""

    def step(action: Action) -> None:
        more = {ours: int(action.told[theirs]) for ours, theirs in names}
        add_to_pool(action, int(action.told["slot"]), str(action.told["group"]), **more)

    return step


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbipool.addforecast": _added(
        ("forecast_generation_wh", "generation_wh"), ("forecast_consumption_wh", "consumption_wh")
    ),
    "tbipool.addmeasured": _added(("fed_in_wh", "fed_in_wh"), ("consumed_wh", "consumed_wh")),
    "tbipool.addtraded": _added(("traded_wh", "energy_wh")),
}
