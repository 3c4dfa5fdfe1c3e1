"""P7: from an event in a block to CLS-Box-Logic, and what is lost or doubled through restarts and a fork.

    python -m benchmarks.event_latency [--events 200] [--through-restarts 40] [--idle-s 1] [--knock] [--seed 1]

One producer, a box's connector as a process of its own with its default pauses, and a door where CLS-Box-Logic stands.
Events are raised by hand at random moments. A latency begins when a watcher of the node's head sees the block (it looks
every 10 ms) and ends when the door has the event. Then more events are raised while the connector and the node are
killed (kill -9) again and again: every event must arrive, under one id. Forks stand in tests/integration/network.

`--idle-s 10 --knock`: a box in the field, with slots of a quarter hour, which looks every ten seconds and is told of an
event as soon as the cloud side has raised it (POST /watcher/look, here without the two services between).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from benchmarks.heads import Heads
from services.shared.chain.client import Confirm
from services.shared.chain.errors import ChainError
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, Trader, free_port, start_chain

REACH_S = 1.5
_SLOT_S = 4
"""In the 30 s after a slot's end a box looks twice a second: with slots of this length always."""
_FIELD_SLOT_S = 900


class Door:
    """Takes events as CLS-Box-Logic does, and notes when each came first."""

    def __init__(self) -> None:
        self.port = free_port()
        self.came: dict[int, float] = {}
        self.ids: dict[int, Counter[str]] = {}
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                door.came.setdefault(event["slot"], time.monotonic())
                door.ids.setdefault(event["slot"], Counter())[event["event_id"]] += 1
                self.send_response(202)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's signature
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--through-restarts", type=int, default=40, help="events that are raised meanwhile")
    parser.add_argument("--idle-s", type=float, default=1.0, help="TBI_WATCH_INTERVAL_S of the box")
    parser.add_argument("--knock", action="store_true", help="the box is told of each event that was raised")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        chain = start_chain(Path(folder), print)
        try:
            slot_s = _FIELD_SLOT_S if options.knock else _SLOT_S
            trader = chain.trader(chain.open_market(slot_s=slot_s, deadline_s=3600))
            door = Door()
            connector = a_box(Path(folder), chain, trader, door, options.idle_s)
            connector.start()
            first = int(chain.now()) // slot_s * slot_s + slot_s
            slots = [first + slot_s * number for number in range(options.events + options.through_restarts)]
            stage = Stage(chain, trader, door, connector if options.knock else None)
            times = latencies(stage, slots[: options.events], dice)
            p99 = report_latency(times)
            restarts = through_restarts(stage, slots[options.events :], connector, dice)
            report_losses(p99, slots, door, restarts)
        finally:
            connector.process.stop()
            chain.node.stop()


def a_box(folder: Path, chain: Chain, trader: Trader, door: Door, idle_s: float) -> Connector:
    config = folder / "box.json"
    config.write_text(json.dumps({"name": "box1", "account": trader.account}))
    return Connector(
        folder,
        chain.node.url,
        TBI_BOX_CONFIG=str(config),
        TBI_TPM_API_URL=f"http://127.0.0.1:{free_port()}",
        TBI_CLS_BOX_LOGIC_URL=f"http://127.0.0.1:{door.port}/cls-box-logic/api/v1",
        TBI_WATCH_INTERVAL_S=str(idle_s),
    )


def raise_event(chain: Chain, who: Trader, slot: int, confirm: Confirm = "kept") -> int:
    """The event's block."""
    place = {"market": who.market, "box": who.account, "point": who.point, "slot": slot}
    data = {**place, "energy_wh": 0, "buyer": "", "kind": "senddata"}
    action = Action("tbiclsbox", "raise", [("tbiadmin", "event")], data)
    signer = chain.governance.keyring.signer("tbiadmin.event")
    return chain.client.push([action], [signer], confirm=confirm, timeout_s=120).block_num


@dataclass(frozen=True)
class Stage:
    chain: Chain
    trader: Trader
    door: Door
    knocked: Connector | None
    """Is told of each event."""

    def knock(self) -> None:
        if self.knocked is None:
            return
        with suppress(requests.RequestException):  # one that is lost costs time, no event
            requests.post(f"{self.knocked.url}/watcher/look", headers=self.knocked.headers, timeout=5)


def latencies(stage: Stage, slots: list[int], dice: random.Random) -> list[float]:
    """Seconds by event. Below zero: the node showed the row before its block was made."""
    chain, door = stage.chain, stage.door
    blocks = {}
    with Heads(chain.client) as heads:
        for slot in slots:
            blocks[slot] = raise_event(chain, stage.trader, slot)
            stage.knock()
            time.sleep(dice.random() * 0.5)  # so that events meet the box's rounds at any moment
        wait_until(lambda: set(slots) <= set(door.came), 30, what="the last events at the door")
    return [door.came[slot] - heads.seen[blocks[slot]] for slot in slots]


def through_restarts(stage: Stage, slots: list[int], connector: Connector, dice: random.Random) -> Counter[str]:
    """How often each was killed while the events were raised. An event counts once its block is irreversible."""
    kills: Counter[str] = Counter()
    done = threading.Event()

    def kill_again_and_again() -> None:
        while not done.wait(1 + 2 * dice.random()):
            what = dice.choice(("connector", "node"))
            kills[what] += 1
            if what == "connector":
                connector.process.kill()
                connector.start()
            else:
                head = _head(stage.chain)
                os.kill(int((stage.chain.node.folder / "nodeos.pid").read_text()), signal.SIGKILL)
                wait_until(lambda before=head: _head(stage.chain) > before, 60, what="the node's return")

    killing = threading.Thread(target=kill_again_and_again)
    killing.start()
    try:
        for slot in slots:
            raise_event(stage.chain, stage.trader, slot, "irreversible")
            stage.knock()
    finally:
        done.set()
        killing.join()
    wait_until(lambda: set(slots) <= set(stage.door.came), 60, what="the last events at the door")
    return kills


def _head(chain: Chain) -> int:
    try:
        return chain.client.info().head_block_num
    except ChainError:
        return 0


def report_latency(times: list[float]) -> float:
    """The p99 in seconds."""
    load = os.getloadavg()[0]
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    p50, p99 = cuts[49], cuts[98]
    print(f"{len(times)} events, block to box logic: p50 {p50:.3f} s, p99 {p99:.3f} s (reach: {REACH_S} s)", flush=True)
    return p99


def report_losses(p99: float, slots: list[int], door: Door, kills: Counter[str]) -> None:
    lost = [slot for slot in slots if slot not in door.came]
    doubled = [slot for slot, ids in door.ids.items() if len(ids) > 1]
    again = sum(sum(ids.values()) - len(ids) for ids in door.ids.values())
    print(f"{len(slots)} events, killed: {dict(kills)}; lost {len(lost)}, doubled {len(doubled)}; handed again {again}")
    if p99 > REACH_S or lost or doubled:
        sys.exit("P7 is not reached")


if __name__ == "__main__":
    main()
