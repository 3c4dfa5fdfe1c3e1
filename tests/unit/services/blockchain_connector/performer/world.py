"""A performer where a real node cannot be made to misbehave: its chain is scripted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from services.blockchain_connector.domain import Call, Order
from services.blockchain_connector.performer.authority import BoxAuthority
from services.blockchain_connector.performer.outbox import Outbox
from services.blockchain_connector.performer.service import Performer
from services.shared.chain.key_file import K1Signer
from services.shared.chain.transaction import SignedTransaction
from tests.unit.services.blockchain_connector.scripted import ScriptedChain

BID = Call("tbimarket", "bid", {"market": "lem", "bidder": "box1", "offer": 1, "price": 2})
SIGNER = K1Signer((1).to_bytes(32, "big"))


class World:
    """A performer with its outbox, its chain and its clock; `restart` is what a kill -9 leaves."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "outbox.sqlite"
        self.chain = ScriptedChain()
        self.now = 1000.0
        self.restart()

    def restart(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
        self.outbox = Outbox(self.file)
        self.performer = Performer(
            self.outbox,
            cast(Any, self.chain),
            BoxAuthority(lambda: "box1", SIGNER),
            timeout_s=0.2,
            clock=lambda: self.now,
        )

    def order(self, key: str = "k") -> Order:
        found = self.outbox.get(key)
        assert found is not None
        return found

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.chain.time += seconds


def lose(_: SignedTransaction) -> None:
    """The node takes it, and it is never seen again."""


def raising(error: Exception) -> Any:
    def send(_: SignedTransaction) -> None:
        raise error

    return send
