"""A market whose slots last half a minute, for the pages that show what is left when a slot is over.

Nothing about it is pretended: the governors open it, the seller's box reads its meters, signs and delivers, the keeper
sweeps. The EVU has no money there and no credit line, so what the seller feeds in cannot be paid: that is what gets
stuck. The portal itself speaks of the market `lem`; `shows` has its calls name this one.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import requests
from playwright.sync_api import Page, Route

from deploy.chain.market import PARAMETERS, Market, open_market
from deploy.local.boxes import BOXES
from market.values import Money
from services.shared.wait import wait_until
from tests.local_system import RunningSystem

MANAGER = "background-manager-logic"
SLOT_S = 30
FED_IN_WH = 2500
_BOX = BOXES[0]
_PARAMETERS = replace(
    PARAMETERS, lead_s=8, extend_s=2, settle_gap_s=1, deadline_s=120, retain_s=86_400, credit_line=Money.from_eur("0")
)
_LIVES_S = 300
_MARGIN_S = 3


@dataclass  # not frozen: Playwright notes on its methods what it has wrapped
class ShortMarket:
    """`slot`: the one in which energy was fed in, in seconds since the epoch."""

    system: RunningSystem
    name: str
    slot: int

    @classmethod
    def open(cls, system: RunningSystem) -> ShortMarket:
        """Open, with the seller's metering point on it, and a slot ahead in which it feeds in."""
        name = "e2e" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(9))
        until = (int(time.time()) + _LIVES_S) // SLOT_S * SLOT_S
        open_market(system.chain, Market(name, SLOT_S, 3600, until, _PARAMETERS))
        account = str(system.users["seller"]["attributes"]["eos_account"])
        body = {"cls_box_ip": _BOX.address, "account_name": account, "market": name}
        wait_until(lambda: cls._takes_part(system, body), 60, every=2.0, what="the seller's part in the market")
        slot = (int(time.time()) // SLOT_S + 1) * SLOT_S
        begin, end = slot + _MARGIN_S, slot + SLOT_S - _MARGIN_S
        nothing_used = ("meter1", slot - SLOT_S, slot + _LIVES_S, 0)
        cls._meters(system, [nothing_used, (_BOX.units[0].component, begin, end, FED_IN_WH * 3600 // (end - begin))])
        return cls(system, name, slot)

    @staticmethod
    def _takes_part(system: RunningSystem, body: dict[str, Any]) -> bool:
        """Asked again while the box or the chain has no time (503): what is there already stays."""
        try:
            system.post("admin", MANAGER, "/eos-account", body)
        except requests.HTTPError as error:
            if error.response.status_code != 503:
                raise
            return False
        return True

    def wait_until_stuck(self) -> None:
        """The slot is over, the box has delivered, and the EVU could not pay."""
        wait_until(self._is_stuck, _LIVES_S, every=3.0, what="a surplus that cannot be paid")

    def _is_stuck(self) -> bool:
        try:
            return any(item["kind"] == "unfunded_surplus" for item in self.stuck())
        except requests.HTTPError as error:
            if error.response.status_code != 404:
                raise
            return False  # the service has not read of this market yet

    def stuck(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.system.get("evu", MANAGER, "/market/stuck", market=self.name)["items"]
        return items

    def close(self) -> None:
        """The meters show the household's everyday life again."""
        self._meters(self.system, [])

    def shows(self, page: Page) -> None:
        """Every call of this page that is about a market names this one."""
        page.route("**/background-manager-logic/api/v1/market/**", self._named)

    def _named(self, route: Route) -> None:
        request = route.request
        if request.method == "POST":
            told = request.post_data  # a repair has none: its item names the market
            route.continue_(post_data=told and json.dumps({**json.loads(told), "market": self.name}))
            return
        mark = "&" if "?" in request.url else "?"
        route.continue_(url=f"{request.url}{mark}{urlencode({'market': self.name})}")

    @staticmethod
    def _meters(system: RunningSystem, stretches: list[tuple[str, int, int, int]]) -> None:
        """The laboratory's hand at the seller's simulated meters: what flows from when to when, in W."""
        url = f"http://{system.plan.program(f'{_BOX.name}.openems').address}/simulator/schedule"
        body = [
            {"component": name, "from": _iso(begin), "to": _iso(end), "power_w": power}
            for name, begin, end, power in stretches
        ]
        answer = requests.put(url, json=body, timeout=10)
        assert answer.status_code < 300, answer.text


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
