"""A box whose link is away for many slots, and what arrives on the chain when it is back (R2, P8).

Real parts all: node, TPM, OpenEMS simulator, Redis, CLS-Box-Logic with its worker, connector. Slots are of a second, so
that three days of quarter hours take five minutes.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.chain import market as chain_market
from deploy.chain.market import Participant, Point
from market.values import salted_hash
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until
from tests.integration.box.processes import free_port
from tests.integration.chain.proxy import ChainProxy
from tests.integration.chain.support import Chain, random_name
from tests.integration.identity.pool import Identity
from tests.integration.market.box import MarketBox, wait_for_trading

DEADLINE_S = 3600
EVENTS_A_TRANSACTION = 16


class Link:
    """The box's only way to the chain."""

    def __init__(self, chain: Chain) -> None:
        self._up = True
        self._nowhere = f"http://127.0.0.1:{free_port()}"
        self.proxy = ChainProxy(lambda: chain.node.url if self._up else self._nowhere)

    def cut(self) -> None:
        self._up = False

    def mend(self) -> None:
        self._up = True


@dataclass(frozen=True)
class Arrival:
    """What was found on the chain and in the box's journal after an outage. Times in s since the link was back."""

    slots: list[int]
    readings: list[dict[str, Any]]
    sent: list[tuple[int, int]]
    first_96_s: float | None
    all_s: float

    def check(self, point: int) -> None:
        """Raises AssertionError unless everything arrived exactly once, in order, marked late."""
        assert [row["slot"] for row in self.readings] == self.slots, "not each slot once"
        assert {row["point"] for row in self.readings} == {point}
        assert {row["status"] for row in self.readings} == {1}, "not all are marked late"
        assert [slot for slot, _ in self.sent] == self.slots, "not in order, or not once"
        blocks = [block for _, block in self.sent]
        assert blocks == sorted(blocks), "a later slot stands in an earlier block"


class Outage:
    """`box` takes part in `market` at `point`; `run` takes its link away for some slots."""

    def __init__(self, folder: Path, chain: Chain, identity: Identity) -> None:
        self._chain, self._link = chain, Link(chain)
        self.box = MarketBox(folder, identity, self._link.proxy.url, "seller", free_port())
        self.market = chain.open_market(slot_s=1, deadline_s=DEADLINE_S)
        self._account = random_name("t")
        self.point = 0

    def start(self) -> None:
        box = self.box
        box.power_on()
        key = box.get("/account-key", nonce="00" * 16)["public_key"]
        salt = bytes.fromhex(box.salt)
        units = tuple(salted_hash(salt, unit.mastr_nr).hex() for unit in box.plan.units)
        point = Point(salted_hash(salt, box.serial).hex(), units=units)
        participant = Participant(self._account, key, (point,))
        registered = chain_market.register_participant(self._chain.governance, self.market, participant)
        self.point = registered.points[point.hash]
        owner = {"account_name": self._account, "owner_sub": box.identity.user("seller")["sub"]}
        box.session.put(f"{box.url}/account", json=owner, timeout=20).raise_for_status()
        box.connect()
        wait_for_trading(box)
        box.wait_for_sampling()

    def stop(self) -> None:
        self.box.stop()
        self._link.proxy.close()

    def run(self, count: int) -> Arrival:
        """Cuts the link for `count` slots, raises their events, mends it, and waits until all was worked on."""
        first = int(time.time()) + 3
        slots = list(range(first, first + count))
        self._link.cut()
        self._raise(slots)
        wait_until(lambda: time.time() >= slots[-1] + 3, count + 60, what="the end of the outage")
        self._link.mend()
        began = time.monotonic()
        first_96_s = self._wait_for(slots[:96], began) if count > 96 else None
        all_s = self._wait_for(slots, began)
        wait_until(lambda: self.box.get("/state")["open_events"] == 0, 60, what="the box to have heard of all")
        return Arrival(slots, self._readings(slots), self._sent(slots), first_96_s, all_s)

    def _wait_for(self, slots: list[int], began: float) -> float:
        wait_until(lambda: len(self._readings(slots)) == len(slots), 60 + 5 * len(slots), 0.25, what="all deliveries")
        return time.monotonic() - began

    def _raise(self, slots: list[int]) -> None:
        signer = self._chain.governance.keyring.signer("tbiadmin.event")
        place = {"market": self.market, "box": self._account, "point": self.point}
        event = {"energy_wh": 0, "buyer": "", "kind": "senddata"}
        for begin in range(0, len(slots), EVENTS_A_TRANSACTION):
            some = slots[begin : begin + EVENTS_A_TRANSACTION]
            level = [("tbiadmin", "event")]
            actions = [Action("tbiclsbox", "raise", level, {**place, **event, "slot": slot}) for slot in some]
            self._chain.wait_for_time(some[-1] + 1)
            self._chain.client.push(actions, [signer], timeout_s=60)

    def _readings(self, slots: list[int]) -> list[dict[str, Any]]:
        lower, upper = slots[0] << 32, (slots[-1] << 32) | 0xFFFFFFFF
        rows = self._chain.client.rows("tbimarket", self.market, "readings", lower=lower, upper=upper, limit=1000)
        return [{**row, "slot": int(row["key"]) >> 32, "point": int(row["key"]) & 0xFFFFFFFF} for row in rows]

    def _sent(self, slots: list[int]) -> list[tuple[int, int]]:
        """(slot, block) of what the box's journal says was sent, in its order; nothing may have been refused."""
        found, since = [], 0
        while entries := self.box.get("/journal", since=since, limit=1000)["items"]:
            since = entries[-1]["seq"]
            assert not [entry for entry in entries if entry["kind"] in ("refused", "missing")], json.dumps(entries)
            found += [
                (int(entry["data"]["action"]["data"]["slot"]), int(entry["data"]["block_num"]))
                for entry in entries
                if entry["kind"] == "sent"
            ]
        return [pair for pair in found if pair[0] in set(slots)]
