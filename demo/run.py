"""The narrated run: from an empty market to a settled slot (docs/architecture.md, "The way of one slot")."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo import expectation, story
from demo.expectation import Expectation
from demo.money import MoneyWatch
from demo.signatures import delivering_boxes
from demo.stage import Stage
from demo.verdict import Outcome, Row, compare
from deploy.chain.market import Registered, fund, open_market
from market.actions import PointForecast
from market.rows import OfferStatus
from market.values import Price
from services.shared.wait import wait_until

Say = Callable[[str, str], None]
_LETTERS = "12345abcdefghijklmnopqrstuvwxyz."
_TIME_TO_TRADE_S = 12
_BEFORE_CLOSING_S = 2.5
_CHAIN_S = 30


@dataclass
class Run:
    """One performance on a stage. `say(topic, sentence)` narrates."""

    stage: Stage
    say: Say
    market: str = field(default_factory=lambda: f"demo{_in_letters(int(time.time()) % 31**7)}")

    def perform(self) -> list[Row]:
        """The whole story. Gives the table at the end; StageError, ChainError or TimeoutError when it breaks off."""
        expected = expectation.play()
        with MoneyWatch(self.stage.chain.client) as money:
            try:
                rows = self._perform(expected)
            finally:
                for household in self.stage.households.values():
                    household.back_to_everyday()
        looked = (
            f"every unit accounted for at each of {money.blocks} blocks looked at, of {money.passed} that were made"
        )
        self.say("money", money.wrong or looked)
        found = money.wrong or ("accounted for" if money.blocks else "no block was looked at")
        return [*rows, Row("money at every block", "accounted for", found)]

    def _perform(self, expected: Expectation) -> list[Row]:
        registered = self._prepare()
        points = {name: next(iter(ids.points.values())) for name, ids in registered.items()}
        slot = self._choose_slot()
        self._forecast(slot, points, registered)
        offer = self._offer(slot)
        self._bid(offer, slot)
        first_block = self._deliver(slot)
        self._settle(offer, points, slot)
        head = self._irreversible()
        outcome = Outcome(self.market, slot, offer, self.stage.accounts(), points)
        rows = compare(self.stage.chain.client, expected, outcome)
        signed = delivering_boxes(self.stage.chain, self.market, slot, range(first_block, head + 1))
        for account, name in self.stage.accounts().items():
            count = len(signed.get(account, []))
            rows.append(Row(f"delivery of {name}: signatures by its TPM's key", "1", str(count)))
        return rows

    def _prepare(self) -> dict[str, Registered]:
        for household in self.stage.households.values():
            household.be_quiet()
        now = int(time.time())
        until = (now // story.SLOT_S + 5 + story.SLOTS_UNTIL_THE_END) * story.SLOT_S
        open_market(self.stage.chain, story.market(self.market, until))
        self.say(
            "market",
            f"{self.market} is open: slots of {story.SLOT_S} s, gate {story.PARAMS.lead_s} s before, by two governors",
        )
        registered = self.stage.register(self.market)
        for name, household in self.stage.households.items():
            key = household.participant().public_key
            self.say("account", f"{name} is {household.entry.account}, key {key[:20]}... of its TPM")
        fund(self.stage.chain, list(self.stage.accounts()), story.DEPOSIT.asset)
        for name, household in self.stage.households.items():
            done = household.order(
                "deposit", {"market": self.market, "amount_eur": story.DEPOSIT.eur}, self._key(name, "deposit")
            )
            self.say("deposit", f"{name} pays {story.eur(story.DEPOSIT)} into the market{_where(done)}")
        for name, household in self.stage.households.items():
            wait_until(lambda box=household: box.takes_part(self.market), _CHAIN_S, every=0.2, what=f"box {name}")  # type: ignore[misc]
        self.say("boxes", "all boxes sample the market's slots")
        return registered

    def _choose_slot(self) -> int:
        """The first slot that leaves time to trade."""
        earliest = time.time() + _TIME_TO_TRADE_S
        return -int(-earliest // story.SLOT_S) * story.SLOT_S

    def _forecast(self, slot: int, points: dict[str, int], registered: dict[str, Registered]) -> None:
        unit = next(iter(registered["seller"].units.values()))
        items = [_abi(item) for item in expectation.forecast(points, unit)]
        data = {"market": self.market, "slot": slot, "points": items}
        receipt = self.stage.chain.as_operator("forecast", [("tbimarket", "forecast", data)])
        most = story.GENERATION_FORECAST_WH - story.CONSUMPTION_FORECAST_WH["seller"]
        self.say(
            "forecast", f"the oracle allows the seller {most} Wh from {_clock(slot)}, in block {receipt.block_num}"
        )
        for name, household in self.stage.households.items():
            household.schedule(story.DAYS[name], slot)

    def _offer(self, slot: int) -> int:
        household = self.stage.households["seller"]
        body = {
            "market": self.market,
            "unit_mastr_nr": household.box.units[0].mastr_nr,
            "slot_start": datetime.fromtimestamp(slot).astimezone().isoformat(),
            "energy_wh": story.OFFER_WH,
            "start_price_ct_per_kwh": story.START_PRICE.ct_per_kwh,
        }
        done = household.order("offer", body, self._key("seller", "offer"))
        self.say(
            "offer", f"the seller offers {story.OFFER_WH} Wh from {story.START_PRICE.ct_per_kwh} ct/kWh{_where(done)}"
        )
        return int(done["offer_id"])

    def _bid(self, offer: int, slot: int) -> None:
        for number, bid in enumerate(story.BIDS):
            if bid.late:
                self.say("wait", f"the auction closes at {_clock(slot - story.PARAMS.lead_s)}; a last bid waits for it")
                self._until(slot - story.PARAMS.lead_s - _BEFORE_CLOSING_S)
            body = {"market": self.market, "offer_id": offer, "price_ct_per_kwh": bid.price.ct_per_kwh}
            done = self.stage.households[bid.bidder].order("bid", body, self._key(bid.bidder, f"bid{number}"))
            closes_at = int(self._offer_row(offer)["closes_at"])
            late = f"; the auction now closes at {_clock(closes_at)}" if bid.late else ""
            self.say("bid", f"{bid.bidder} bids {bid.price.ct_per_kwh} ct/kWh{_where(done)}{late}")
        row = wait_until(lambda: self._offer_when(offer, OfferStatus.AWARDED), _CHAIN_S, what="the award")
        winner = self.stage.accounts()[row["bidder"]]
        price = Price(row["bid_price"]).ct_per_kwh
        self.say("award", f"{winner} has bought {row['energy_wh']} Wh at {price} ct/kWh; called by the keeper")

    def _deliver(self, slot: int) -> int:
        """Gives the block from which on the deliveries can stand: a block's time may run ahead of the clock."""
        self.say("slot", f"electricity flows from {_clock(slot)} to {_clock(slot + story.SLOT_S)}")
        self._until(slot + story.SLOT_S - 1)
        return self.stage.chain.client.info().head_block_num

    def _settle(self, offer: int, points: dict[str, int], slot: int) -> None:
        wait_until(lambda: self._events_raised(slot), _CHAIN_S, what="the events")
        self.say("event", "the chain asks every box for the slot's readings (senddata); called by the keeper")
        for name, point in points.items():
            key = slot << 32 | point
            row = wait_until(lambda key=key: self._reading(key), _CHAIN_S, what=f"the delivery of {name}")  # type: ignore[misc]
            self.say(
                "delivery", f"{name} fed in {row['fed_in_wh']} Wh, took {row['consumed_wh']} Wh; signed by its TPM"
            )
        wait_until(lambda: self._offer_when(offer, OfferStatus.SETTLED), _CHAIN_S, what="the settlement")
        balance = self.stage.chain.client.rows("tbimarket", self.market, "balances", lower=offer, upper=offer)[0]
        self.say("settlement", f"sold {balance['sold_wh']} Wh, delivered {balance['delivered_wh']} Wh")
        for topic, payment in (
            ("the buyer pays the seller for what was delivered", "to_seller"),
            ("the buyer pays the EVU for what it supplied instead", "shortfall"),
            ("the seller pays the EVU the difference to its price", "penalty"),
            ("the EVU pays the buyer for what he did not use", "surplus"),
        ):
            self.say("settlement", f"{topic}: {story.eur(balance[payment])}")
        keys = [slot << 32 | point for point in points.values()]
        wait_until(lambda: all(self._swept(key) for key in keys), _CHAIN_S, what="the surplus of every point")
        first, last = slot << 32, (slot + 1 << 32) - 1
        pool = self.stage.chain.client.rows("tbipool", self.market, "figures", lower=first, upper=last)[0]
        measured = (
            f"fed in {pool['fed_in_wh']} Wh, consumed {pool['consumed_wh']} Wh, residual {pool['residual_wh']} Wh"
        )
        self.say("pool", f"balancing group {story.GROUP}: traded {pool['traded_wh']} Wh, {measured}")

    def _irreversible(self) -> int:
        """The block that holds all that is seen now: tables show the block in the making, too."""
        info = self.stage.chain.client.info
        last = info().head_block_num + 1
        wait_until(lambda: info().last_irreversible_block_num >= last, _CHAIN_S, what=f"block {last}, irreversible")
        return last

    def _offer_row(self, offer: int) -> dict[str, Any]:
        return self.stage.chain.client.rows("tbimarket", self.market, "offers", lower=offer, upper=offer)[0]

    def _offer_when(self, offer: int, status: OfferStatus) -> dict[str, Any] | None:
        row = self._offer_row(offer)
        return row if row["status"] == status else None

    def _events_raised(self, slot: int) -> bool:
        counters = self.stage.chain.client.rows("tbiclsbox", self.market, "counters")
        return int(counters[0]["event_slot"]) > slot

    def _reading(self, key: int) -> dict[str, Any] | None:
        return next(
            iter(self.stage.chain.client.rows("tbimarket", self.market, "readings", lower=key, upper=key)), None
        )

    def _swept(self, key: int) -> bool:
        row = self._reading(key)
        return row is not None and row["surplus"] == 1

    def _until(self, moment: float) -> None:
        wait_until(lambda: time.time() >= moment, 120, what=_clock(moment))

    def _key(self, name: str, what: str) -> str:
        return f"{self.market}-{name}-{what}"


def _abi(item: PointForecast) -> dict[str, Any]:
    units = [{"unit": u.unit, "generation_wh": u.generation_wh, "max_wh": u.max_wh} for u in item.units]
    return {"point": item.point, "consumption_wh": item.consumption_wh, "units": units}


def _where(done: dict[str, Any]) -> str:
    return f", in block {done['block_num']} ({str(done['transaction_id'])[:8]}...)"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


def _in_letters(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 31)
        text = _LETTERS[digit] + text
    return text
