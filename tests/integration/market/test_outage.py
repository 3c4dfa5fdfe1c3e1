"""R2 in short: after an outage every slot arrives once, in order, marked late. 288 slots: benchmarks/outage.py."""

from __future__ import annotations

from pathlib import Path

from tests.integration.chain.support import Chain
from tests.integration.identity.pool import Identity
from tests.integration.market.outage import Outage


def test_r2_what_a_box_measured_without_a_link_arrives_once_in_order_and_late(
    tmp_path: Path, chain: Chain, identity: Identity
) -> None:
    outage = Outage(tmp_path, chain, identity)
    try:
        outage.start()
        arrival = outage.run(20)
    finally:
        outage.stop()
    arrival.check(outage.point)
