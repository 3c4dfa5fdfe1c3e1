"""A trading day of short slots on which everybody is busy: offers, bids, money in both directions, meters that run.

Each order differs from every other in what stands of it on the chain, so that one that is carried out twice, or not at
all, is seen there whatever the contracts refuse.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import requests

from demo.preparation import write_workbook
from deploy.chain.market import PARAMETERS, Market, open_market
from deploy.local.boxes import BOXES, Box
from deploy.local.fill.people import FORECAST, MANAGER, Person
from market.rules.administration import MAX_BIDS, MAX_OFFERS
from market.values import Money, Price
from services.shared.wait import wait_until
from tests.faults.orders import Order, Trader
from tests.local_system import RunningSystem

SLOT_S: Final = 30
LEAD_S: Final = 8
PLAYERS: Final = ("seller", "bidder1", "bidder2")
_AHEAD_S: Final = 5
"""An offer is made only when its gate is that far away; what is told late is repeated until it is refused."""
_PER_SLOT: Final = MAX_OFFERS
_PAID_IN: Final = Money.from_eur("200")
_PARAMETERS: Final = replace(
    PARAMETERS,
    lead_s=LEAD_S,
    extend_s=2,
    settle_gap_s=1,
    deadline_s=90,
    retain_s=7200,
    tick=Price.from_ct_per_kwh("0.01"),
    max_offers=MAX_OFFERS,
    max_bids=MAX_BIDS,
)
_GENERATION_KWH: Final = {"seller": "2.5", "bidder1": "2.5"}
_POWERS_W: Final = {"seller": (36_000, 6_000), "bidder1": (12_000, 24_000), "bidder2": (0, 18_000)}
"""Of the plant and of the household; every slot has energies that differ from the others' of the same box."""


@dataclass
class OpenOffers:
    """What the bidders know of: offers that were accepted, with their gates."""

    known: list[tuple[int, str, float]] = field(default_factory=list)
    bids: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, offer: int, seller: str, gate: float) -> None:
        with self.lock:
            self.known.append((offer, seller, gate))

    def youngest(self, but_of: str) -> tuple[int | None, int]:
        """One whose gate is far enough, and the number of the bid that comes next: no two bidders get the same."""
        with self.lock:
            far = [one for one, seller, gate in self.known if seller != but_of and gate > time.time() + _AHEAD_S]
            if not far:
                return None, 0
            self.bids[far[-1]] = self.bids.get(far[-1], 0) + 1
            return far[-1], self.bids[far[-1]]


@dataclass
class Day:
    """`first`: the first slot that is looked at. Raises FillError, Refused, TimeoutError while it is prepared."""

    system: RunningSystem
    market: str
    people: dict[str, Person]
    accounts: dict[str, str]
    until: int
    first: int = 0
    offers: OpenOffers = field(default_factory=OpenOffers)
    traders: list[Trader] = field(default_factory=list)

    @classmethod
    def open(cls, system: RunningSystem, lasts_s: int) -> Day:
        """The market, its three participants, forecasts, money."""
        name = "day" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(9))
        until = (int(time.time()) + lasts_s) // SLOT_S * SLOT_S
        open_market(system.chain, Market(name, SLOT_S, 3600, until, _PARAMETERS))
        gateway = system.endpoints["gateway"]
        people = {
            role: Person(gateway, user["username"], user["password"], user["sub"])
            for role, user in system.users.items()
        }
        day = cls(system, name, people, {}, until)
        day._register()
        day._forecast()
        day._pay_in()
        day._run_meters()
        return day

    @property
    def boxes(self) -> dict[str, Box]:
        return {box.name: box for box in BOXES if box.name in PLAYERS}

    def begin(self) -> None:
        """Everybody trades from now on."""
        self.first = self._next_slot()
        gateway = self.system.endpoints["gateway"]
        makers = {
            "seller offers": ("seller", self._offers("seller")),
            "bidder1 offers": ("bidder1", self._offers("bidder1")),
            "bidder1 bids": ("bidder1", self._bids("bidder1")),
            "bidder2 bids": ("bidder2", self._bids("bidder2")),
            "bidder2 pays": ("bidder2", self._payments("bidder2")),
            "evu credits": ("evu", self._credits("seller")),
        }
        for name, (role, orders) in makers.items():
            self.traders.append(Trader(name, gateway, self.system.token(role), orders))
        for trader in self.traders:
            trader.start()

    def end(self) -> None:
        """Nobody orders any more; all orders are answered."""
        for trader in self.traders:
            trader.stop()

    def slots(self) -> range:
        """Those of the day that are over."""
        return range(self.first, int(time.time()) // SLOT_S * SLOT_S, SLOT_S)

    def _register(self) -> None:
        admin = self.people["admin"]
        known = {record["username"]: record for record in admin.all(f"{MANAGER}/participants")}
        for name in PLAYERS:
            record = known[self.people[name].username]
            self.accounts[name] = record["eos_account"]
            body = {"cls_box_ip": record["cls_box_ip"], "account_name": record["eos_account"], "market": self.market}
            admin.post(f"{MANAGER}/eos-account", body)
            for unit in self.boxes[name].units:
                admin.post(f"{MANAGER}/market/unit", {"unit_mastr_nr": unit.mastr_nr, "market": self.market})

    def _forecast(self) -> None:
        columns = {self.boxes[name].units[0].mastr_nr: kwh for name, kwh in _GENERATION_KWH.items()}
        file = self.system.plan.settings.data / "forecasts" / f"faults_{datetime.now(UTC):%Y%m%d%H%M%S}.xlsx"
        write_workbook(file, columns, datetime.now(UTC))
        admin = self.people["admin"]
        job = admin.post(f"{FORECAST}/update", {})["job_id"]
        wait_until(lambda: admin.get(f"{FORECAST}/job/{job}")["status"] == "finished", 60, what="the workbook's import")

    def _pay_in(self) -> None:
        for name in PLAYERS:
            credit = {"market": self.market, "amount_eur": _PAID_IN.eur, "eos_account": self.accounts[name]}
            self.people["evu"].post(f"{MANAGER}/market/deposit", credit)
            paid = {"market": self.market, "amount_eur": _PAID_IN.eur}
            self.people[name].post(f"{MANAGER}/market/deposit", paid)

    def _run_meters(self) -> None:
        """Powers that change with each slot, so that no slot's reading passes for another's."""
        begin = int(time.time()) // SLOT_S * SLOT_S
        for name, (plant_w, load_w) in _POWERS_W.items():
            components = {"meter1": load_w, **{unit.component: plant_w for unit in self.boxes[name].units}}
            stretches = [
                {"component": part, "from": iso(slot), "to": iso(slot + SLOT_S), "power_w": power + 480 * number}
                for number, slot in enumerate(range(begin, self.until + SLOT_S, SLOT_S))
                for part, power in components.items()
            ]
            url = f"http://{self.system.plan.program(f'{name}.openems').address}/simulator/schedule"
            requests.put(url, json=stretches, timeout=20).raise_for_status()

    def _next_slot(self) -> int:
        return (int(time.time() + LEAD_S + _AHEAD_S) // SLOT_S + 1) * SLOT_S

    def _offers(self, name: str) -> Iterator[Order | None]:
        """Offers for the next slot, each with an energy of its own; then for the one after it."""
        unit, made = self.boxes[name].units[0].mastr_nr, dict[int, int]()
        while True:
            slot = self._next_slot()
            while made.get(slot, 0) >= _PER_SLOT:
                slot += SLOT_S
            if slot >= self.until or slot > self._next_slot() + 2 * SLOT_S:
                yield None
                continue
            made[slot] = made.get(slot, 0) + 1
            energy = 10 + made[slot]
            body = {"market": self.market, "unit_mastr_nr": unit, "slot_start": iso(slot), "energy_wh": energy}
            body["start_price_ct_per_kwh"] = "20"
            trace = ("offer", self.accounts[name], str(slot), str(energy))
            order = Order("/market/offer", body, trace)
            yield order
            self._remember(name, order, slot)

    def _remember(self, name: str, order: Order, slot: int) -> None:
        trader = next(one for one in self.traders if one.name == f"{name} offers")
        answer = trader.answered[-1]
        if answer.accepted and answer.order is order:
            self.offers.add(int(answer.told["offer_id"]), name, slot - LEAD_S)

    def _bids(self, name: str) -> Iterator[Order | None]:
        """Each a hundredth of a cent above the last one for the same offer."""
        while True:
            offer, number = self.offers.youngest(but_of=name)
            if offer is None:
                yield None
                continue
            price = f"{20 + number / 100:.2f}"
            body = {"market": self.market, "offer_id": offer, "price_ct_per_kwh": price}
            trace = ("bid", self.accounts[name], str(offer), str(Price.from_ct_per_kwh(price)))
            yield Order("/market/bid", body, trace)

    def _payments(self, name: str) -> Iterator[Order | None]:
        """Into the market and out of it: what no rule of the chain would refuse when it comes twice."""
        for number in itertools.count(1):
            amount = Money(Money.from_eur("0.01") + number)
            kind = "deposit" if number % 2 else "withdraw"
            body = {"market": self.market, "amount_eur": amount.eur}
            yield Order(f"/market/{kind}", body, (kind, self.accounts[name], amount.asset))

    def _credits(self, name: str) -> Iterator[Order | None]:
        """What the utility hands out."""
        for number in itertools.count(1):
            amount = Money(Money.from_eur("0.02") + number)
            body = {"market": self.market, "amount_eur": amount.eur, "eos_account": self.accounts[name]}
            yield Order("/market/deposit", body, ("credit", self.accounts[name], amount.asset))


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def moment(told: Any) -> int:
    return int(datetime.fromisoformat(str(told)).timestamp())
