"""A box's stores at work, as a program of its own: `python -m tests.integration.box.power.workload FOLDER SEED MODE`.

After each step it says on its standard output what it takes as done: one JSON array a line. MODE "careless" makes
SQLite not wait for the disk, which a test of power cuts must notice.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

from services.cls_box_logic.database import Database
from services.cls_box_logic.inbox import Event, Inbox
from services.cls_box_logic.journal import KEEP_MS, Journal
from services.cls_box_logic.samples import SampleStore

STEPS = 350
SLOT_S = 900
FIRST = 1_795_305_600
MARKET = "lem"
MAX_BYTES = 400_000
"""So small that old entries are removed on the way."""


class Stores:
    """The stores in a folder; time jumps on, so that entries become old enough to be removed."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.now_ms = FIRST * 1000 + step * KEEP_MS // 50
        self.folder = folder
        self.journal = Journal(folder, lambda: self.now_ms, MAX_BYTES)
        self.inbox = Inbox(folder, lambda: self.now_ms)
        self.samples = SampleStore(folder)

    def close(self) -> None:
        for store in (self.journal, self.inbox, self.samples):
            store.close()

    def work(self, step: int, chance: random.Random) -> None:
        """A slot of the box's life."""
        self.now_ms = FIRST * 1000 + step * KEEP_MS // 50
        slot = FIRST + step * SLOT_S
        self.samples.add(slot * 1000, {"meter0/ActiveProductionEnergy": step * 7})
        say("sample", slot * 1000, step * 7)
        event = Event(f"1.{MARKET}.4.{slot}", MARKET, "senddata", 4, slot, by_hand=False)
        self.inbox.take(event)
        say("event", event.event_id)
        self.note("event", event.to_json(), slot, event.event_id)
        reading = {"point": 4, "fed_in_wh": chance.randrange(5000), "consumed_wh": step, "units": []}
        batch = self.inbox.add_batch(MARKET, slot, [reading], {})
        say("batch", slot, reading)
        self.note("measured", {**reading, "remarks": ["x" * chance.randrange(600)]}, slot, batch.key)
        self.note("sent", {"transaction_id": f"{chance.getrandbits(256):064x}"}, slot, batch.key)
        self.inbox.finish_batch(batch, {"status": "delivered"})
        say("delivered", slot)
        self.inbox.finish(event.event_id, {"status": "delivered"})
        say("finished", event.event_id)
        if chance.random() < 0.2:
            seq, head = self.journal.head()
            self.journal.add_head(seq, head, "SIG_R1_x", "PUB_R1_x")
            say("head", seq, head.hex())
        self.journal.tidy(lambda _: True)

    def note(self, kind: str, data: dict[str, Any], slot: int, once: str) -> None:
        seq = self.journal.append(kind, data, market=MARKET, slot=slot, once=once)
        say("entry", seq, self.journal.before(seq)[1].hex())


def say(*words: Any) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def main(folder: Path, seed: int, mode: str) -> None:
    """Works, and closes and opens the stores now and then, as a service that is restarted does."""
    if mode == "careless":
        _wait_for_nothing()
    chance = random.Random(seed)
    stores = Stores(folder)
    for step in range(STEPS):
        stores.work(step, chance)
        if chance.random() < 0.02:
            stores.close()
            stores = Stores(folder, step)


def _wait_for_nothing() -> None:
    careful = Database.connection

    def careless(self: Database) -> Any:
        connection = careful(self)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    Database.connection = careless  # type: ignore[method-assign] # a program of its own, which ends with it


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
