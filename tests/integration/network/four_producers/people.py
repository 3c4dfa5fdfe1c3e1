"""Who trades while the chain is parted: customers of connectors, and two who outbid each other."""

from __future__ import annotations

import threading
from typing import Any

import requests

from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, random_name

CT = 10_000  # a price of one cent per kWh


class Customer:
    """Gives a connector one order after the other, each with a memo and a key of its own, and asks until it knows."""

    def __init__(self, connector: Connector, name: str) -> None:
        self.connector = connector
        self.name = name
        self.given: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.wait(0.4):
            memo = f"{self.name} {len(self.given)} {random_name()}"
            self.given.append(memo)
            self.ask(memo)

    def ask(self, memo: str) -> None:
        data = {"to": "tbievu", "quantity": "0.000001 EUR", "memo": memo}
        try:
            answer = self.connector.post(key_of(memo), {"account": "tbitoken", "name": "issue", "data": data})
        except requests.RequestException:
            return
        if answer.status_code == 200:
            self.answers[memo] = answer.json()
        else:
            assert answer.status_code in (409, 503), answer.text
            assert answer.status_code == 503 or answer.json().get("in_flight"), answer.text

    def unanswered(self) -> list[str]:
        return [memo for memo in self.given if memo not in self.answers]


def key_of(memo: str) -> str:
    return memo.replace(" ", "-")


class Auction:
    """An offer, and two who outbid each other, each bid signed by his own key."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        market = chain.open_market(slot_s=4, deadline_s=3600)
        self._bidders = [chain.trader(market), chain.trader(market)]
        seller = chain.trader(market)
        self._slot = (int(chain.now()) + 1200) // 4 * 4
        units = [{"unit": seller.unit, "generation_wh": 1000, "max_wh": 1000}]
        points = [{"point": seller.point, "consumption_wh": 0, "units": units}]
        chain.as_operator("forecast", "tbimarket", "forecast", market=market, slot=self._slot, points=points)
        offer = {"unit": seller.unit, "slot": self._slot, "energy_wh": 1000, "start_price": 20 * CT, "key": 1}
        chain.push_as(seller, "tbimarket", "offer", market=market, seller=seller.account, **offer)
        self.market, self.price, self.bids = market, 20 * CT, 0

    def bid(self) -> int:
        """The block of a bid that is higher than the one before."""
        who = self._bidders[self.bids % 2]
        self.bids, self.price = self.bids + 1, self.price + CT
        receipt = self._chain.push_as(
            who, "tbimarket", "bid", market=self.market, bidder=who.account, offer=1, price=self.price
        )
        return receipt.block_num

    def best_price(self) -> int:
        (offer,) = self._chain.client.rows("tbimarket", self.market, "offers")
        return int(offer["bid_price"])
