"""A market with a seller and a bidder at real boxes, and money in their ledgers, for tests of a trading day."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import requests

from services.shared.times import iso
from services.shared.wait import wait_until
from tests.integration.chain.support import Trader
from tests.integration.market.stage import Stage

MANY_WH = 100_000
RICH = "500.000000"


@dataclass
class Floor:
    """`ask` and `did` call as a user; times in seconds since the epoch."""

    stage: Stage
    market: str
    slot_s: int

    def ask(self, role: str, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        if body is not None:
            body = {"market": self.market, **body}
        elif method != "POST":
            more = {"market": self.market, **more}
        return self.stage.manager.ask(role, method, path, body, **more)

    def did(self, role: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self.ask(role, "POST", path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def got(self, role: str, path: str, **query: Any) -> dict[str, Any]:
        answer = self.ask(role, "GET", path, **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def items(self, role: str, path: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.got(role, path, **query)["items"]
        return found

    def slot_in(self, seconds: int) -> int:
        """The first slot that begins so much later."""
        return -(-(int(self.stage.chain.now()) + seconds) // self.slot_s) * self.slot_s

    def unit(self, role: str) -> int:
        """The unit's id on the chain."""
        number = self.stage.boxes[role].mastr_nr
        (found,) = [u for u in self.items("admin", "/market/units") if u["unit_mastr_nr"] == number]
        return int(found["unit_id"])

    def forecast(self, unit: int, slot: int, max_wh: int = MANY_WH, consumption_wh: int = 0) -> None:
        """As the oracle does."""
        (row,) = self.stage.chain.client.rows("tbiclsbox", self.market, "units", lower=unit, upper=unit)
        maxima = [{"unit": unit, "generation_wh": max_wh, "max_wh": max_wh}]
        points = [{"point": row["point"], "consumption_wh": consumption_wh, "units": maxima}]
        self.stage.chain.as_operator("forecast", "tbimarket", "forecast", market=self.market, slot=slot, points=points)

    def offer(self, slot: int, *, energy_wh: int = 1000, price: str = "20", role: str = "seller") -> dict[str, Any]:
        return self.did(role, "/market/offer", **self.offer_body(slot, energy_wh, price, role))

    def offer_body(self, slot: int, energy_wh: int = 1000, price: str = "20", role: str = "seller") -> dict[str, Any]:
        number = self.stage.boxes[role].mastr_nr
        about = {"unit_mastr_nr": number, "slot_start": iso(slot), "energy_wh": energy_wh}
        return {**about, "start_price_ct_per_kwh": price}

    def pay_in(self, role: str, amount_eur: str = RICH) -> None:
        """The EVU credits a payment, and the user moves it into the market."""
        sub = self.stage.identity.user(role)["sub"]
        self.did("evu", "/market/deposit", amount_eur=amount_eur, participant_sub=sub)
        self.did(role, "/market/deposit", amount_eur=amount_eur)

    def keeps(self, action: str, **data: Any) -> None:
        """As the keeper does."""
        self.stage.chain.as_operator("keeper", "tbimarket", action, market=self.market, **data)

    def by(self, who: Trader, action: str, **data: Any) -> None:
        self.stage.chain.push_as(who, "tbimarket", action, market=self.market, **data)

    def until_offer(self, number: int, status: str) -> dict[str, Any]:
        """The offer, once it stands so."""

        def look() -> dict[str, Any] | None:
            answer = self.ask("evu", "GET", f"/market/offer/{number}")
            found: dict[str, Any] = answer.json()
            return found if answer.ok and found["status"] == status else None

        return wait_until(look, 30, every=0.2, what=f"the offer {number} to be {status}")

    def wait_for_time(self, moment: float) -> None:
        self.stage.chain.wait_for_time(moment)
        assert abs(time.time() - self.stage.chain.now()) < 60, "the chain's clock is another one than ours"
