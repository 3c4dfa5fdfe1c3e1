"""What the watcher's way over the trace API sustains, against what a chain of one producer can execute.

    python -m benchmarks.watcher_feed [--bids 1000 2000 4000]

Bids are sent as fast as the node takes them (R1 keys, four connections), so that blocks are as full as they get. Then
the cloud side's follower takes these blocks into an empty feed, with decoding, index and commits, as after an outage.
What counts is the ratio of both rates in one run: above 1 the feed never falls behind for good. Quiet blocks come last.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chain_bids import Auction, send
from services.blockchain_connector.watcher.cloud import BlockFollower
from services.blockchain_connector.watcher.feed import Feed
from services.blockchain_connector.watcher.mentions import mentions
from services.shared.chain.client import ChainClient
from services.shared.chain.rpc import NodeRpc
from services.shared.wait import wait_until
from tests.integration.chain.support import Chain, start_chain

REACH = 1.0
_QUIET_BLOCKS = 60


@dataclass(frozen=True)
class Taken:
    """What the follower took in: events, blocks, wall and processor seconds, bytes of the file."""

    events: int
    blocks: int
    seconds: float
    cpu_s: float
    size: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bids", type=int, nargs="+", default=[1000, 2000, 4000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        chain = start_chain(Path(name), lambda _line: None)
        try:
            _told(chain)
            ratios = [one_size(chain, Path(name) / f"{count}.sqlite", count) for count in options.bids]
            quiet(chain, Path(name) / "quiet.sqlite")
        finally:
            chain.node.stop()
    if min(ratios) < REACH:
        sys.exit("the feed takes less than what the chain executes")


def _told(chain: Chain) -> None:
    load = os.getloadavg()[0]
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"node {chain.client.info().server_version}", flush=True)


def one_size(chain: Chain, file: Path, count: int) -> float:
    """The follower's rate by the chain's."""
    auction = Auction(chain)
    rpc = NodeRpc(chain.urls, 30)
    batch = auction.bids(count)
    first = chain.client.info().head_block_num
    begun = time.perf_counter()
    sent = len(send(rpc, batch))
    sending_s = time.perf_counter() - begun
    last = chain.client.info().head_block_num + 1
    taken = follow(chain, file, first, last)
    made, followed = sent / sending_s, taken.events / taken.seconds
    print(
        f"{sent} bids in {last - first} blocks: the chain executes {made:.0f} a second; the feed takes {followed:.0f} "
        f"events a second ({taken.cpu_s / taken.events * 1e6:.0f} us of processor time and "
        f"{taken.size / taken.events:.0f} bytes an event): {followed / made:.1f} times as many",
        flush=True,
    )
    return followed / made


def follow(chain: Chain, file: Path, first: int, last: int) -> Taken:
    """From block `first` to `last`, once they are irreversible."""
    wait_until(lambda: chain.client.info().last_irreversible_block_num >= last, 60, every=0.1, what="finality")
    feed = Feed(file, keep=2_000_000, index=mentions)
    follower = BlockFollower(ChainClient(chain.urls), feed, from_block=first)
    begun, cpu = time.perf_counter(), time.process_time()
    blocks = 0
    while blocks < last - first + 1:
        blocks += follower.round()
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    events = len(feed.after(0, 10**9))
    feed.close()
    return Taken(events, blocks, seconds, cpu_s, file.stat().st_size)


def quiet(chain: Chain, file: Path) -> None:
    """Blocks in which nothing happens: what a feed that begins anew mostly reads."""
    first = chain.client.info().head_block_num + 4
    taken = follow(chain, file, first, first + _QUIET_BLOCKS)
    print(f"quiet blocks: {taken.blocks / taken.seconds:.0f} a second", flush=True)


if __name__ == "__main__":
    main()
