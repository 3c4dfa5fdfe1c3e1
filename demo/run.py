"""The narrated day: from the register's import to the balancing group, over the public routes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from demo import expectation, preparation, story
from demo.money import MoneyWatch
from demo.signatures import delivering_boxes
from demo.stage import CONNECTOR, Stage
from demo.verdict import Outcome, Row, compare
from deploy.local.fill.people import FORECAST, MANAGER
from services.shared.wait import wait_until

Say = Callable[[str, str], None]
_LETTERS = "12345abcdefghijklmnopqrstuvwxyz."
_TIME_TO_TRADE_S = 18
_BEFORE_CLOSING_S = 2.5
_CHAIN_S = 45
_LATE_S = story.SLOT_S + 2


@dataclass
class Run:
    """One performance on a stage. `say(topic, sentence)` narrates."""

    stage: Stage
    say: Say
    market: str = field(default_factory=lambda: f"demo{_in_letters(int(time.time()) % 31**7)}")
    verdict: Callable[[], list[Row]] = list
    """Asks the routes again, once the story has been told."""

    def perform(self) -> list[Row]:
        """The whole story. Gives the table at the end; StageError, ChainError or TimeoutError when it breaks off."""
        with MoneyWatch(self.stage.chain.client) as money:
            try:
                rows = self._perform()
            finally:
                for meters in self.stage.meters.values():
                    meters.back_to_everyday()
        looked = (
            f"every unit accounted for at each of {money.blocks} blocks looked at, of {money.passed} that were made"
        )
        self.say("money", money.wrong or looked)
        found = money.wrong or ("accounted for" if money.blocks else "no block was looked at")
        return [*rows, Row("money at every block", "accounted for", found)]

    def _perform(self) -> list[Row]:
        ready = preparation.prepare(self.stage, self.market, self.say)
        first = self._choose_slot()
        self._await_forecast(first)
        for name, meters in self.stage.meters.items():
            meters.schedule({self._slot(first, number): day for number, day in enumerate(story.DAYS[name])})
        offers = self._offer(first, ready.units)
        self._bid(offers, late=False)
        first_block = self.stage.chain.client.info().head_block_num
        with ExitStack() as offline:
            self._live(first, offers, offline)
        self._settle(first, offers)
        head = self._irreversible()
        expected = expectation.Play(first, self._recorded(first)).through()
        outcome = Outcome(self.market, first, offers, ready.accounts)
        self.verdict = partial(compare, self.stage, expected, outcome)
        rows = [*self._forecast_rows(first, ready.units), *self.verdict()]
        return [*rows, *self._signature_rows(first, ready.accounts, range(first_block, head + 1))]

    def _choose_slot(self) -> int:
        """The first slot that leaves time to trade."""
        earliest = time.time() + _TIME_TO_TRADE_S
        return -int(-earliest // story.SLOT_S) * story.SLOT_S

    @staticmethod
    def _slot(first: int, number: int) -> int:
        return first + number * story.SLOT_S

    def _await_forecast(self, first: int) -> None:
        """The oracle records the maxima on the chain before the gate; by itself."""
        last = self._slot(first, story.SLOTS - 1)
        wait_until(lambda: self._recorded_for(last), _CHAIN_S, what="the oracle's maxima on the chain")
        for name in story.GENERATION_FORECAST_KWH:
            row = next(row for row in self._recorded_for(first) if _point(row) == expectation.POINTS[name])
            unit = row["units"][0]
            sun, own = unit["generation_wh"], row["consumption_wh"]
            self.say("forecast", f"{name} may offer {unit['max_wh']} Wh a slot: {sun} Wh of sun less {own} of its own")

    def _recorded(self, first: int) -> list[dict[str, Any]]:
        return [row for number in range(story.SLOTS) for row in self._recorded_for(self._slot(first, number))]

    def _recorded_for(self, slot: int) -> list[dict[str, Any]]:
        scope = {"scope": self.market, "lower": slot << 32, "upper": (slot + 1 << 32) - 1}
        return self.stage.evu.all(f"{CONNECTOR}/reader/table/tbimarket/forecasts", **scope)

    def _offer(self, first: int, units: Mapping[str, str]) -> list[int]:
        """The ids of the story's offers, in its order."""
        ids = []
        for number, offer in enumerate(story.OFFERS, start=1):
            slot, price = self._slot(first, offer.slot), offer.start_price.ct_per_kwh
            body = {
                "market": self.market,
                "unit_mastr_nr": units[offer.seller],
                "slot_start": _iso(slot),
                "energy_wh": offer.energy_wh,
                "start_price_ct_per_kwh": price,
            }
            seller = self.stage.people[offer.seller]
            done = seller.post(f"{MANAGER}/market/offer", body, key=self._key(f"offer{number}"))
            ids.append(int(done["offer_id"]))
            what = f"{offer.energy_wh} Wh at {_clock(slot)} from {price} ct/kWh"
            self.say("offer", f"{offer.seller} offers {what}{_where(done)}")
        return ids

    def _bid(self, offers: list[int], *, late: bool) -> None:
        for number, offer in enumerate(story.OFFERS):
            for place, bid in enumerate(offer.bids):
                if bid.late != late:
                    continue
                body = {
                    "market": self.market,
                    "offer_id": offers[number],
                    "price_ct_per_kwh": bid.price.ct_per_kwh,
                }
                key = self._key(f"bid{number}-{place}")
                done = self.stage.people[bid.bidder].post(f"{MANAGER}/market/bid", body, key=key)
                self.say(
                    "bid",
                    f"{bid.bidder} bids {bid.price.ct_per_kwh} ct/kWh for offer {offers[number]}{_where(done)}",
                )

    def _live(self, first: int, offers: list[int], offline: ExitStack) -> None:
        """Late bids before the first gate, then slot after slot; one box is without its link for a while."""
        gate = first - story.PARAMS.lead_s
        self.say("wait", f"the first auction closes at {_clock(gate)}; a last bid waits for it")
        self._until(gate - _BEFORE_CLOSING_S)
        self._bid(offers, late=True)
        for number in range(story.SLOTS):
            slot = self._slot(first, number)
            self._until(slot)
            self.say("slot", f"electricity flows from {_clock(slot)} to {_clock(slot + story.SLOT_S)}")
            if number == story.OFFLINE_SLOT:
                cut: AbstractContextManager[Callable[[], None]] = self.stage.without_link(story.OFFLINE)
                restore = offline.enter_context(cut)
                self.say("offline", f"the box of {story.OFFLINE} loses its link")
        end = self._slot(first, story.OFFLINE_SLOT) + story.SLOT_S
        self._until(end + _LATE_S)
        restore()
        self.say("offline", f"{story.OFFLINE} has its link back; what it measured meanwhile is sent now, marked late")

    def _settle(self, first: int, offers: list[int]) -> None:
        evu = self.stage.evu
        for number, offer in enumerate(story.OFFERS):
            path = f"{MANAGER}/market/offer/{offers[number]}"
            final = "settled" if offer.bids else "unsold"
            wait_until(
                lambda path=path, final=final: evu.get(path, market=self.market)["status"] == final,  # type: ignore[misc]
                _CHAIN_S,
                every=0.3,
                what=f"offer {offers[number]} to be {final}",
            )
            self.say("settlement", f"offer {offers[number]} is {final}: {offer.says}")
        slots = [self._slot(first, number) for number in range(story.SLOTS)]
        wait_until(lambda: self._swept(slots), _CHAIN_S, every=0.3, what="the surplus of every point")

    def _swept(self, slots: list[int]) -> bool:
        scope = {"scope": self.market, "lower": slots[0] << 32, "upper": (slots[-1] + 1 << 32) - 1}
        rows = self.stage.evu.all(f"{CONNECTOR}/reader/table/tbimarket/readings", **scope)
        return len(rows) == len(slots) * len(story.PLAYERS) and all(row["surplus"] == 1 for row in rows)

    def _irreversible(self) -> int:
        """The block that holds all that is seen now: tables show the block in the making, too."""
        info = self.stage.chain.client.info
        last = info().head_block_num + 1
        wait_until(lambda: info().last_irreversible_block_num >= last, _CHAIN_S, what=f"block {last}, irreversible")
        return last

    def _forecast_rows(self, first: int, units: Mapping[str, str]) -> list[Row]:
        """What the oracle recorded is what the Forecast-Connector answers to whom it concerns."""
        rows = []
        for name, unit in units.items():
            told = self.stage.people[name].get(
                f"{FORECAST}/max-offer", mastr_nr=unit, slot_start=_iso(first), slot_s=story.SLOT_S
            )
            row = next(row for row in self._recorded_for(first) if _point(row) == expectation.POINTS[name])
            recorded = str(row["units"][0]["max_wh"])
            rows.append(Row(f"most that {name} may offer, in Wh", str(told["max_energy_wh"]), recorded))
        return rows

    def _signature_rows(self, first: int, accounts: Mapping[str, str], blocks: range) -> list[Row]:
        counts = dict.fromkeys(story.PLAYERS, 0)
        for number in range(story.SLOTS):
            signed = delivering_boxes(self.stage.chain, self.market, self._slot(first, number), blocks)
            for account, name in accounts.items():
                counts[name] += len(signed.get(account, []))
        return [
            Row(f"deliveries of {name} signed by its TPM's key", str(story.SLOTS), str(count))
            for name, count in counts.items()
        ]

    def _until(self, moment: float) -> None:
        wait_until(lambda: time.time() >= moment, 180, what=_clock(moment))

    def _key(self, what: str) -> str:
        return f"{self.market}-{what}"


def _point(row: Mapping[str, Any]) -> int:
    return int(row["key"]) & 0xFFFFFFFF


def _where(done: Mapping[str, Any]) -> str:
    return f", in block {done['block_num']} ({str(done['transaction_id'])[:8]}...)"


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


def _in_letters(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 31)
        text = _LETTERS[digit] + text
    return text
