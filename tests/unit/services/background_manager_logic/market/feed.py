"""A feed made by the market's model: random stories, told as the connector tells what became irreversible."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from market import actions
from market.call import Event
from market.values import UINT32_MAX
from services.background_manager_logic.connector import FeedItem
from services.background_manager_logic.market.documents import Document
from services.background_manager_logic.market.fold import fold
from services.background_manager_logic.market.projector import Batch
from tests.contracts.moves import Moves
from tests.contracts.scene import eur
from tests.contracts.story import CONTRACT, Cast, Story
from tests.contracts.translation import act

DAY_S = 86400
START = 1_800_000_000 // DAY_S * DAY_S
SUPPLY = 10**17
_FIGURES = ("forecast_generation_wh", "forecast_consumption_wh", "fed_in_wh", "consumed_wh", "traded_wh")


class ToldStory(Story):
    """A story that writes its feed: accepted actions with what the contracts do inline, each in a block of its own."""

    def __init__(self, seed: int) -> None:
        cast = Cast("abc", {}, [f"spare{number}" for number in range(50)])
        cast.keys.update({account: f"key of {account}" for account in cast.everybody})
        super().__init__(seed, cast, START, SUPPLY, 0)
        self.feed: list[FeedItem] = []
        self._blocks = 100

    def act(self, action: actions.Action, *signed: str) -> None:
        market = getattr(action, "market", "")
        before = self._pool(market)
        super().act(action, *signed)
        step = self.steps[-1]
        if step.rule is not None:
            return
        self._blocks += 1
        done = act(action, signed)
        self._tell(f"{done.contract}.{done.name}", _mapping(done.data), signed)
        if isinstance(action, actions.Withdraw):
            paid = {"from": CONTRACT, "to": action.owner, "quantity": eur(action.quantity), "memo": market}
            self._tell("tbitoken.transfer", paid, (CONTRACT,))
        self._tell_pool(market, before)
        for event in step.events:
            self._tell(f"tbimarket.{event.name}", {"market": event.market, **_logged(event)}, (CONTRACT,))

    def _tell(self, kind: str, data: Mapping[str, Any], signed: tuple[str, ...]) -> None:
        told = {
            "block_num": self._blocks,
            "block_time": self.now,
            "transaction_id": hashlib.sha256(str(self._blocks).encode()).hexdigest(),
            "authorization": [f"{account}@active" for account in signed] or ["nobody@active"],
            "data": data,
        }
        self.feed.append(FeedItem(len(self.feed) + 1, kind, told))

    def _pool(self, market: str) -> dict[tuple[int, str], dict[str, int]]:
        return pool_of(self, market) if market in self.model.world.markets else {}

    def _tell_pool(self, market: str, before: Mapping[tuple[int, str], Mapping[str, int]]) -> None:
        """The inline actions of tbipool, from what they changed."""
        for (slot, group), after in self._pool(market).items():
            old = before.get((slot, group), dict.fromkeys(_FIGURES, 0))
            generation, consumption, fed_in, consumed, traded = (after[name] - old[name] for name in _FIGURES)
            about = {"market": market, "slot": slot, "group": group}
            if generation or consumption:
                data = {"generation_wh": generation, "consumption_wh": consumption}
                self._tell("tbipool.addforecast", about | data, (CONTRACT,))
            if fed_in or consumed:
                self._tell("tbipool.addmeasured", {**about, "fed_in_wh": fed_in, "consumed_wh": consumed}, (CONTRACT,))
            if traded:
                self._tell("tbipool.addtraded", {**about, "energy_wh": traded}, (CONTRACT,))


def pool_of(story: Story, market: str) -> dict[tuple[int, str], dict[str, int]]:
    """The model's figures by slot and group."""
    books = story.model.world.books(market)
    names = {group.id: group.group for group in books.groups.values()}
    return {
        (row.key >> 32, names[row.key & UINT32_MAX]): {name: getattr(row, name) for name in _FIGURES}
        for row in books.figures.values()
    }


def story(seed: int, *, slots: int = 3, actions_a_slot: int = 120) -> ToldStory:
    """A story of some slots, lived."""
    told = ToldStory(seed)
    told.set_up()
    moves = Moves(told)
    for _ in range(slots):
        moves.live(0, actions_a_slot, actions_a_slot)
    return told


def _mapping(data: Mapping[str, Any] | str) -> Mapping[str, Any]:
    assert not isinstance(data, str)
    return data


def _logged(event: Event) -> dict[str, Any]:
    data: Any = event.data
    if event.name == "logaward":
        return dict(zip(("offer", "status", "buyer", "price"), data, strict=True))
    if event.name == "logsweep":
        return dict(zip(("slot", "point", "energy_wh", "amount"), data, strict=True))
    return {"balance": asdict(data)}


class Memory:
    """Documents in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Document] = {}

    def read(self, kind: str, key: str) -> Document | None:
        return self.kept.get((kind, key))

    def of(self, kind: str) -> list[Document]:
        return [document for (of, _), document in sorted(self.kept.items()) if of == kind]


SEEDS = range(12)


@cache
def lived(seed: int) -> ToldStory:
    """A story, once."""
    return story(seed)


def folded(feed: Sequence[FeedItem], sizes: random.Random | None = None) -> Memory:
    """All of the feed in batches: one, or of random sizes."""
    memory, left = Memory(), list(feed)
    while left:
        size = sizes.randint(1, 40) if sizes is not None else len(left)
        batch = Batch(memory.read)
        for item in left[:size]:
            fold(item, batch)
        memory.kept |= {(write.kind, write.key): write.document for write in batch.writes()}
        left = left[size:]
    return memory
