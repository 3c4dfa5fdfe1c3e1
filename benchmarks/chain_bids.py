"""P5: bids on the chain against bare token transfers, one producer, pre-signed, in one run.

    python -m benchmarks.chain_bids [--transactions 400] [--rounds 5]

Both are signed by R1 keys as a box's TPM holds them, sent over the same four connections to the same node and taken in
turns. Every bid outbids the one before it, so that it locks, releases and counts. What counts is the ratio.
"""

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.shared.chain.rpc import NodeRpc
from services.shared.chain.transaction import Action, SignedTransaction
from tests.integration.chain.support import Chain, Trader, start_chain

CONNECTIONS = 4
RATE_REACH, TIME_REACH = 0.8, 1.5
_EXPIRY_S = 3000


def main() -> None:
    """Start a chain, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transactions", type=int, default=400, help="of each kind in a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        chain = start_chain(Path(name), lambda _line: None)
        try:
            report(chain, *measure(chain, options.transactions, options.rounds))
        finally:
            chain.node.stop()


class Auction:
    """As many offers as connections, and two bidders who outbid each other on each."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.market = chain.open_market(slot_s=900, max_price=2**32 - 1, tick=1, min_price=1, max_offers=16)
        self.seller, *self.bidders = (chain.trader(self.market, euro="10000.000000 EUR") for _ in range(3))
        slot = (int(chain.now()) // 900 + 4) * 900
        maximum = {"unit": self.seller.unit, "generation_wh": 1000, "max_wh": 1000}
        point = {"point": self.seller.point, "consumption_wh": 0, "units": [maximum]}
        chain.as_operator("forecast", "tbimarket", "forecast", market=self.market, slot=slot, points=[point])
        for key in range(CONNECTIONS):
            offer = {"unit": self.seller.unit, "slot": slot, "energy_wh": 1, "start_price": 1, "key": key}
            chain.push_as(self.seller, "tbimarket", "offer", market=self.market, seller=self.seller.account, **offer)
        self.price = 1

    def bids(self, count: int) -> list[list[SignedTransaction]]:
        """A list for each connection, each in the order in which it must be sent."""
        prices = range(self.price + 1, self.price + 1 + count // CONNECTIONS)
        self.price = prices[-1]
        return [[self._bid(offer, price) for price in prices] for offer in range(1, CONNECTIONS + 1)]

    def transfers(self, count: int) -> list[list[SignedTransaction]]:
        return [[self._transfer(number) for number in range(count // CONNECTIONS)] for _ in range(CONNECTIONS)]

    def _bid(self, offer: int, price: int) -> SignedTransaction:
        who = self.bidders[price % 2]
        data = {"market": self.market, "bidder": who.account, "offer": offer, "price": price}
        return self._signed(who, "tbimarket", "bid", data)

    def _transfer(self, number: int) -> SignedTransaction:
        who, other = self.bidders[number % 2], self.bidders[1 - number % 2]
        data = {"from": who.account, "to": other.account, "quantity": "0.000001 EUR", "memo": ""}
        return self._signed(who, "tbitoken", "transfer", data)

    def _signed(self, who: Trader, contract: str, name: str, data: dict[str, object]) -> SignedTransaction:
        action = Action(contract, name, [(who.account, "active")], data)
        return self.chain.client.prepare([action], [who.signer], expiry_s=_EXPIRY_S)

    def fund(self) -> None:
        """Some EUR outside of the market, to be sent to and fro."""
        for who in self.bidders:
            data = {"market": self.market, "owner": who.account, "quantity": "1.000000 EUR"}
            self.chain.push_as(who, "tbimarket", "withdraw", **data)


def measure(chain: Chain, count: int, rounds: int) -> tuple[list[float], list[float], list[int], list[int]]:
    """Rates (transactions/s) of transfers and bids by round, and their billed times in us."""
    auction = Auction(chain)
    auction.fund()
    rpc = NodeRpc(chain.urls, 30)
    send(rpc, auction.transfers(CONNECTIONS * 5))
    send(rpc, auction.bids(CONNECTIONS * 5))
    rates: tuple[list[float], list[float]] = ([], [])
    billed: tuple[list[int], list[int]] = ([], [])
    for _ in range(rounds):
        for kind, batch in enumerate((auction.transfers(count), auction.bids(count))):
            begun = time.perf_counter()
            times = send(rpc, batch)
            rates[kind].append(len(times) / (time.perf_counter() - begun))
            billed[kind].extend(times)
    return *rates, *billed


def send(rpc: NodeRpc, batch: Sequence[Sequence[SignedTransaction]]) -> list[int]:
    """Sends each list over a connection of its own; gives the billed CPU time of each transaction in us."""
    with ThreadPoolExecutor(len(batch)) as pool:
        return [
            time_us for times in pool.map(lambda part: [send_one(rpc, one) for one in part], batch) for time_us in times
        ]


def send_one(rpc: NodeRpc, signed: SignedTransaction) -> int:
    body = {
        "signatures": list(signed.signatures),
        "compression": 0,
        "packed_context_free_data": "",
        "packed_trx": signed.packed.hex(),
    }
    answer = rpc.call("/v1/chain/send_transaction", body)
    return int(answer["processed"]["receipt"]["cpu_usage_us"])


def report(chain: Chain, transfers: list[float], bids: list[float], transfer_us: list[int], bid_us: list[int]) -> None:
    """Print machine, versions and figures."""
    ratio = statistics.median(bid / transfer for bid, transfer in zip(bids, transfers, strict=True))
    times = statistics.median(bid_us) / statistics.median(transfer_us)
    print(f"{platform.platform()}, Python {platform.python_version()}, node {chain.client.info().server_version}")
    print(f"{len(bid_us)} of each kind in {len(bids)} rounds over {CONNECTIONS} connections")
    print(f"transfers: median {statistics.median(transfers):7.0f} /s, billed {statistics.median(transfer_us):5.0f} us")
    print(f"bids:      median {statistics.median(bids):7.0f} /s, billed {statistics.median(bid_us):5.0f} us")
    print(f"rate bids/transfers: {ratio:.2f} (reach: at least {RATE_REACH})")
    print(f"billed time bid/transfer: {times:.2f} (reach: at most {TIME_REACH})")
    if ratio < RATE_REACH or times > TIME_REACH:
        sys.exit("P5 is not reached")


if __name__ == "__main__":
    main()
