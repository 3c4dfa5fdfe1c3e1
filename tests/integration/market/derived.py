"""What the read model has made of the chain, and its loss (R9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.background_manager_logic.market.documents import KINDS
from tests.integration.market.trading import Floor

DERIVED = (*KINDS, "views", "heads")


def rebuild(floor: Floor, kinds: Sequence[str] = DERIVED) -> None:
    """Removes collections while the manager is away; with all of them where the feed was, too."""
    manager = floor.stage.manager
    manager.program.end()
    db = manager.mongo.database("background_manager")
    for kind in kinds:
        db[f"market_{kind}"].drop()
    if kinds is DERIVED:
        db["market_feed"].drop()
    db.client.close()
    manager.program.start()


def derived(floor: Floor) -> dict[str, list[dict[str, Any]]]:
    """All that the chain gives back; without the number of the batch that wrote it, and without where the head was."""
    db = floor.stage.manager.mongo.database("background_manager")
    try:
        hidden = dict.fromkeys(("batch", "noted_at", "at_head"), 0)
        found = {kind: list(db[f"market_{kind}"].find({}, hidden).sort("_id")) for kind in DERIVED}
    finally:
        db.client.close()
    found["heads"] = []
    return found


def at_rest(floor: Floor) -> dict[str, list[dict[str, Any]]] | None:
    """The documents, when no bid waits for its block and nothing has changed while two were made."""
    found = derived(floor)
    if any(not bid["confirmed"] for bid in found["bids"]):
        return None
    floor.wait_for_time(floor.stage.chain.now() + 2)
    return found if derived(floor) == found else None
