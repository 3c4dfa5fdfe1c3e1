"""An event by hand on its whole way: connector of the cloud side, manager, box, its connector, chain, box."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import requests

from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import problem
from tests.integration.market.box import MarketBox, wait_for_trading
from tests.integration.market.stage import Stage

_PAUSE_S = 300
"""So long a box looks at nothing by itself."""
_SOON_S = 20
"""Of a machine with other work; benchmarks/event_latency.py measures."""


def noted(box: MarketBox) -> list[Any]:
    return [entry for entry in box.get("/journal", since=0, limit=1000)["items"] if entry["kind"] == "event"]


def test_p7_an_event_by_hand_is_at_its_box_long_before_that_looks_by_itself(stage: Stage) -> None:
    box = stage.boxes["seller"]
    told = box.chain_connector.process.environment
    told["TBI_WATCH_INTERVAL_S"] = str(_PAUSE_S)
    account = stage.join("seller")["account_name"]
    try:
        wait_for_trading(box)
        before = len(noted(box))
        slot = (int(time.time()) // 900 + 1) * 900  # the point is younger than the one that runs
        body = {
            "market": "lem", "account": "tbiAdmin", "event_type": "send_data", "unit_or_meter": box.serial,
            "slot_start": datetime.fromtimestamp(slot, UTC).isoformat(),
        }  # fmt: skip
        url = f"{stage.connector.url}/performer/trigger-event"
        headers = {"Authorization": f"Bearer {stage.manager.token('evu')}"}
        answer = requests.post(url, json=body, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        wait_until(lambda: len(noted(box)) > before, _SOON_S, what=f"the event in the journal of {account}'s box")
    finally:
        del told["TBI_WATCH_INTERVAL_S"]


def test_who_may_knock_at_whose_box(stage: Stage) -> None:
    service = "blockchain-connector"
    problem(stage.manager.ask(service, "POST", "/account/nobodyhasit/knock"), 404, "No box has the chain account")
    problem(stage.manager.ask("seller", "POST", "/account/nobodyhasit/knock"), 403)
