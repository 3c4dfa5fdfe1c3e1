"""P11: what a box that trades nothing sends and receives over its link in a day, by partner.

    python -m benchmarks.box_traffic [--seconds 600] [--warm-up-s 130] [--nodes 4] [--slot-s 120] [--day-slot-s 900]

A box's connector, CLS-Box-Logic, worker, Redis and (simulated) OpenEMS as processes of their own, told what
deploy/cls_box/docker-compose.yml tells them, with their health asked every 30 s as the containers' probes do. The box
takes part in a market in which nothing happens; its slots are short, so that a run sees several of their ends.
Between it and the cloud side stand doors that count: one a node (they all lead to the one node that runs here), and
the pool's. A day is made of the 30 s after each slot's end (here of quarter hours), when the box looks often, and the
rest; each is extrapolated by itself. Counted is what TCP carries; beside it an estimate with TCP's and IP's own: 104
bytes a segment (its header and an acknowledgement), 380 a connection. A VPN adds its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import socket
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from deploy.containers.box import FIELD
from services.shared.wait import wait_until
from tests.integration.box.box import MASTR, SERIAL
from tests.integration.box.processes import Program, answers, free_port, module, openems, redis
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import start_chain

REACH_MB = 20.0
_WINDOW_S = 30
_SEGMENT, _CONNECTION = 104, 380
_PROBE_S = 30.0
_DAY_S = 86_400


class Doors:
    """Ways to partners, each on a port of its own; `counted` begins when it is told to."""

    def __init__(self, slot_s: int) -> None:
        self._slot_s = slot_s
        self._lock = threading.Lock()
        self.counts: dict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0, 0])
        """(partner, shortly after a slot's end) -> bytes, segments, connections"""

    def open(self, partner: str, host: str, port: int) -> int:
        """The port of a door that leads to `host`:`port`."""
        listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, args=(partner, listening, (host, port)), daemon=True).start()
        return int(listening.getsockname()[1])

    def begin(self) -> None:
        with self._lock:
            self.counts.clear()

    def _serve(self, partner: str, listening: socket.socket, target: tuple[str, int]) -> None:
        while True:
            came, _ = listening.accept()
            self._note(partner, 0, 0, 1)
            try:
                on = socket.create_connection(target, timeout=10)
            except OSError:
                came.close()
                continue
            on.settimeout(None)
            for one, other in ((came, on), (on, came)):
                threading.Thread(target=self._pass_on, args=(partner, one, other), daemon=True).start()

    def _pass_on(self, partner: str, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65_536):
                self._note(partner, len(data), 1 + len(data) // 1400, 0)
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            one.close()
            other.close()

    def _note(self, partner: str, size: int, segments: int, connections: int) -> None:
        with self._lock:
            found = self.counts[partner, is_window(time.time(), self._slot_s)]
            for place, more in enumerate((size, segments, connections)):
                found[place] += more


def is_window(now: float, slot_s: int) -> bool:
    return now % slot_s < _WINDOW_S


def window_seconds(begin: float, end: float, slot_s: int) -> float:
    """How much of a span lies in windows."""
    first = int(begin // slot_s) * slot_s
    borders = range(first, int(end) + 1, slot_s)
    return sum(max(0.0, min(end, border + _WINDOW_S) - max(begin, border)) for border in borders)


def per_day(counts: Mapping[tuple[str, bool], list[int]], spans: Mapping[bool, float], slot_s: int) -> dict[str, float]:
    """Partner -> bytes a day, TCP's and IP's own estimated and included."""
    share = {True: min(1.0, _WINDOW_S / slot_s), False: max(0.0, 1 - _WINDOW_S / slot_s)}
    days: dict[str, float] = defaultdict(float)
    for (partner, window), (size, segments, connections) in counts.items():
        whole = size + segments * _SEGMENT + connections * _CONNECTION
        days[partner] += whole / spans[window] * share[window] * _DAY_S if spans[window] else 0.0
    return dict(days)


@contextmanager
def box(folder: Path, doors: Doors, node: str, nodes: int, slot_s: int) -> Iterator[list[str]]:
    """A running box. The URLs of its health."""
    with ExitStack() as running:
        chain = start_chain(folder, print)
        running.callback(chain.node.stop)
        trader = chain.trader(chain.open_market(slot_s=slot_s, deadline_s=3600))
        host, port = chain.node.http.split(":")
        urls = [f"http://127.0.0.1:{doors.open(f'{node}-{number + 1}', host, int(port))}" for number in range(nodes)]
        config = folder / "box.json"
        config.write_text(json.dumps(provisioning(trader.market, trader.account)))
        config.chmod(0o600)
        logic_port = free_port()
        logic = f"http://127.0.0.1:{logic_port}/cls-box-logic/api/v1"
        connector = Connector(
            folder,
            ",".join(urls),
            TBI_BOX_CONFIG=str(config),
            TBI_TPM_API_URL=f"http://127.0.0.1:{free_port()}",
            TBI_CLS_BOX_LOGIC_URL=logic,
            **field("blockchain-connector"),
        )
        connector.start()
        running.callback(connector.process.stop)
        for part in parts(folder, config, connector, doors, logic_port):
            part.start()
            running.callback(part.end)
        headers = connector.headers
        state = f"{logic}/state"
        wait_until(
            lambda: requests.get(state, headers=headers, timeout=5).json()["sampler"]["next_border"],
            60,
            every=1.0,
            what="the box to know its market",
        )
        yield [f"{connector.url}/health", f"{logic}/health"]


def parts(folder: Path, config: Path, connector: Connector, doors: Doors, logic_port: int) -> list[Program]:
    """Redis, OpenEMS, CLS-Box-Logic and its worker."""
    redis_port, openems_port = free_port(), free_port()
    pool = folder / "identity.json"
    door = doors.open("pool", "127.0.0.1", free_port())
    issuer = f"http://127.0.0.1:{door}/pool"
    pool.write_text(json.dumps(pool_of(issuer)))
    environment = {
        "TBI_HOST": "127.0.0.1",
        "TBI_PORT": str(logic_port),
        "TBI_OPENEMS_URL": f"http://127.0.0.1:{openems_port}",
        "TBI_CONNECTOR_URL": connector.url,
        "TBI_TPM_API_URL": f"http://127.0.0.1:{free_port()}",
        "TBI_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "TBI_BOX_CONFIG": str(config),
        "TBI_BOX_SECRET_FILE": str(folder / "secret"),
        "TBI_STATE_DIR": str(folder / "logic"),
        "TBI_IDENTITY_FILE": str(pool),
        "TBI_POINTS_REFRESH_S": field("cls-box-logic")["TBI_POINTS_REFRESH_S"],
    }
    ready = answers(f"http://127.0.0.1:{logic_port}/cls-box-logic/api/v1/ping")
    return [
        redis(folder, redis_port),
        openems(folder, openems_port, f"meter0={SERIAL},pvInverter0={MASTR}", TBI_OPENEMS_CYCLE_MS="1000"),
        Program(module("services.cls_box_logic"), environment, folder / "logic.log", ready),
        Program(module("services.cls_box_logic.worker"), environment, folder / "worker.log"),
    ]


def field(part: str) -> dict[str, str]:
    """What the compose file tells a part beside the plan, where the operator says nothing."""
    return {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in FIELD[part].items()}


def pool_of(issuer: str) -> dict[str, object]:
    return {
        "issuer": issuer,
        "jwks_url": f"{issuer}/.well-known/jwks.json",
        "portal_client_id": "portal",
        "machine_client_id": "machine",
        "service_client_ids": {"background-manager-logic": "manager"},
        "service_scope": "tbi/service",
    }


def provisioning(market: str, account: str) -> dict[str, object]:
    return {
        "name": "seller",
        "account": account,
        "owner_sub": "00000000-0000-4000-8000-000000000001",
        "address": "127.0.0.1",
        "market_default": market,
        "salt": "5a17",
        "points": [{"serial_number": SERIAL, "component": "meter0"}],
        "units": [{"mastr_nr": MASTR, "component": "pvInverter0", "point_serial_number": SERIAL}],
    }


def measure(urls: list[str], seconds: float) -> tuple[float, float]:
    """Idle, but for the probes. Begin and end."""
    begin = time.time()
    while (now := time.time()) < begin + seconds:
        for url in urls:
            requests.get(url, timeout=20)
        time.sleep(max(0.0, min(_PROBE_S - (time.time() - now), begin + seconds - time.time())))
    return begin, time.time()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--warm-up-s", type=float, default=130.0, help="what is fetched once a start is not counted")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--slot-s", type=int, default=120, help="of the market of this run")
    parser.add_argument("--day-slot-s", type=int, default=900, help="of the day that is told")
    options = parser.parse_args()
    doors = Doors(options.slot_s)
    with (
        tempfile.TemporaryDirectory() as folder,
        box(Path(folder), doors, "node", options.nodes, options.slot_s) as urls,
    ):
        measure(urls, options.warm_up_s)
        doors.begin()
        begin, end = measure(urls, options.seconds)
        counts = {key: list(found) for key, found in doors.counts.items()}
    windows = window_seconds(begin, end, options.slot_s)
    return report(counts, {True: windows, False: end - begin - windows}, options.day_slot_s)


def report(counts: Mapping[tuple[str, bool], list[int]], spans: Mapping[bool, float], slot_s: int) -> int:
    print(f"{platform.platform()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.0f}")
    print(f"{spans[True]:.0f} s after slots' ends, {spans[False]:.0f} s else; a day of slots of {slot_s} s")
    for (partner, window), (size, segments, connections) in sorted(counts.items()):
        when = "after a slot's end" if window else "else"
        print(f"  {partner:8} {when:20} {size:9} bytes, {segments:6} segments, {connections:4} connections")
    days = per_day(counts, spans, slot_s)
    for partner, size in sorted(days.items()):
        print(f"{partner:8} {size / 1e6:7.2f} MB a day")
    total = sum(days.values()) / 1e6
    missing = "" if spans[True] and spans[False] else "; a part of the day was NOT seen: run it longer"
    print(f"together {total:7.2f} MB a day (reach: {REACH_MB:.0f}){missing}")
    return int(total > REACH_MB or bool(missing))


if __name__ == "__main__":
    sys.exit(main())
