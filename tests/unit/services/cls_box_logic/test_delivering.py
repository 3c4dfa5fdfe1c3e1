"""From events to deliveries, without Redis: what is sent, in which order, under which key, and what is noted before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from services.cls_box_logic.connector import Connector, Receipt
from services.cls_box_logic.errors import ChainAway, ConnectorBroken, MarketRefused, TryLater
from services.cls_box_logic.inbox import Event, Inbox
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.provisioning import box_of
from services.cls_box_logic.samples import SampleStore
from services.cls_box_logic.service.delivery import SOON_MS, Delivery

SLOT, LENGTH = 1_795_305_600, 900
METERS = ("1TBI0000000011", "1TBI0000000012")
BODY = {
    "name": "box-11",
    "address": "10.77.1.11",
    "salt": "00" * 16,
    "points": [{"serial_number": serial, "component": f"meter{index}"} for index, serial in enumerate(METERS)],
    "units": [],
}


@dataclass
class Chain:
    """Connector and chain: what was handed over or sent, in order; `refuse` raises for a key."""

    hashes: dict[int, str]
    asked: list[tuple[str, str, list[int]]] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)
    refuse: Callable[[str], None] = lambda _key: None
    journal: Journal | None = None
    noted: list[list[str]] = field(default_factory=list)

    def rows(self, _contract: str, table: str, _scope: str, lower: int = 0, **_more: object) -> list[dict[str, Any]]:
        if table == "boxpoints":
            return [{"market": "lem", "point": number, "slot_s": LENGTH} for number in self.hashes]
        if table == "readings":
            return self.readings
        return [{"hash": self.hashes[lower], "since": 0, "units": []}]

    def hand_over(self, actions: list[dict[str, Any]], key: str) -> None:
        self._ask("ahead", actions, key)

    def transact(self, actions: list[dict[str, Any]], key: str) -> Receipt:
        self._ask("sent", actions, key)
        return Receipt("ab" * 32, 4922)

    def _ask(self, how: str, actions: list[dict[str, Any]], key: str) -> None:
        assert self.journal is not None
        self.noted.append([entry.kind for entry in self.journal.since(0, 1000)])
        self.asked.append((how, key, [reading["point"] for reading in actions[0]["data"]["readings"]]))
        self.refuse(key)


@dataclass
class World:
    chain: Chain
    inbox: Inbox
    journal: Journal
    samples: SampleStore
    delivery: Delivery
    now_ms: list[int]

    def sample(self, *borders: int) -> None:
        """Both meters count a Wh a second from SLOT on."""
        for number in borders:
            wh = number * LENGTH
            counters = {f"meter{index}/{name}": wh for index in (0, 1) for name in _COUNTERS}
            self.samples.add((SLOT + number * LENGTH) * 1000, counters, "good")

    def event(self, number: int = 0, point: int = 1) -> Event:
        made = Event(f"1.lem.{point}.{number}", "lem", "senddata", point, SLOT + number * LENGTH, by_hand=False)
        self.inbox.take(made)
        return made

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.journal.since(0, 1000)]


_COUNTERS = ("ActiveProductionEnergy", "ActiveConsumptionEnergy")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    box, now_ms = box_of(BODY), [(SLOT + 10 * LENGTH) * 1000]
    file = tmp_path / "box.json"
    file.write_text('{"account": "box1abcdefgh"}')

    def clock() -> int:
        return now_ms[0]

    chain = Chain({number + 1: box.hash_of(serial) for number, serial in enumerate(METERS)})
    inbox, journal, samples = Inbox(tmp_path, clock), Journal(tmp_path, clock), SampleStore(tmp_path)
    chain.journal = journal
    connector, ownership = cast(Connector, chain), Ownership(file)
    delivery = Delivery(
        ownership=ownership,
        inbox=inbox,
        journal=journal,
        samples=samples,
        participation=Participation(box, ownership, connector, clock),
        connector=connector,
        clock_ms=clock,
        tolerance_ms=1500,
    )
    yield World(chain, inbox, journal, samples, delivery, now_ms)
    for store in (samples, inbox, journal):
        store.close()


def test_all_points_of_a_box_are_one_delivery_of_a_slot(world: World) -> None:
    world.sample(0, 1)
    events = [world.event(point=point) for point in (1, 2)]
    outcomes = [world.delivery.work_in_order(event) for event in events]
    assert outcomes[0] == outcomes[1]
    assert [ask for ask in world.chain.asked if ask[0] == "sent"] == [("sent", f"deliver:lem:{SLOT}", [1, 2])]
    assert world.kinds() == ["measured", "measured", "sent"]


def test_a_reading_stands_in_the_journal_before_anybody_is_asked_to_sign_it(world: World) -> None:
    world.sample(0, 1, 2)
    world.delivery.work_in_order([world.event(number) for number in (0, 1)][-1])
    assert [how for how, _, _ in world.chain.asked] == ["ahead", "ahead", "sent", "sent"]
    assert [noted.count("measured") for noted in world.chain.noted] == [2, 4, 4, 4]
    world.chain.noted.clear()
    world.sample(3)
    world.delivery.work_in_order(world.event(2))
    assert [noted.count("measured") for noted in world.chain.noted] == [6]


def test_what_waits_is_sent_in_its_order_and_none_before_its_slot_is_over(world: World) -> None:
    world.sample(0, 1, 2)
    events = [world.event(number) for number in range(4)]
    world.now_ms[0] = (SLOT + 2 * LENGTH) * 1000 + 1501
    with pytest.raises(TryLater, match="not over"):
        world.delivery.work_in_order(events[3])
    keys = [f"deliver:lem:{SLOT + number * LENGTH}" for number in (0, 1)]
    assert [(how, key) for how, key, _ in world.chain.asked] == [
        *(("ahead", key) for key in keys),
        *(("sent", key) for key in keys),
    ]
    assert world.inbox.open_events() == events[2:]


def test_what_came_too_early_is_sent_again_under_another_key(world: World) -> None:
    world.sample(0, 1)

    def too_early(key: str) -> None:
        if key == f"deliver:lem:{SLOT}":
            raise MarketRefused("M-DEL-03", "the slot is not over")

    world.chain.refuse = too_early
    event = world.event()
    with pytest.raises(TryLater):
        world.delivery.work_in_order(event)
    assert world.delivery.work_in_order(event)["status"] == "delivered"
    assert [key for _, key, _ in world.chain.asked] == [f"deliver:lem:{SLOT}", f"deliver:lem:{SLOT}:1"]


def test_a_connector_that_refuses_for_good_is_asked_again_under_another_key(world: World) -> None:
    world.sample(0, 1)

    def broken(key: str) -> None:
        if not key.endswith(":2"):
            raise ConnectorBroken("403: the box's clock is wrong")

    world.chain.refuse = broken
    event = world.event()
    for _ in range(2):
        with pytest.raises(TryLater, match="clock is wrong"):
            world.delivery.work_in_order(event)
    assert world.delivery.work_in_order(event)["status"] == "delivered"


def test_of_what_is_on_the_chain_already_only_the_rest_is_sent(world: World) -> None:
    world.sample(0, 1)

    def there(key: str) -> None:
        if key == f"deliver:lem:{SLOT}":
            raise MarketRefused("M-DEL-02", "delivered already")

    world.chain.refuse, world.chain.readings = there, [{"key": SLOT << 32 | 1}]
    assert world.delivery.work_in_order(world.event())["already"] is True
    assert [points for _, _, points in world.chain.asked] == [[1, 2], [2]]
    assert world.delivery.work_in_order(world.event(point=2))["status"] == "delivered"
    assert len(world.chain.asked) == 2


def test_another_refusal_is_the_end_of_it(world: World) -> None:
    world.sample(0, 1)

    def never(_key: str) -> None:
        raise MarketRefused("M-DEL-01", "not this box's point")

    world.chain.refuse = never
    event = world.event()
    assert world.delivery.work_in_order(event)["rule"] == "M-DEL-01"
    assert world.inbox.open_events() == []
    assert world.kinds() == ["measured", "measured", "refused"]


def test_without_the_chain_everything_waits_and_nothing_is_tried_out_of_turn(world: World) -> None:
    world.sample(0, 1, 2)

    def away(_key: str) -> None:
        raise ChainAway("the TPM does not answer")

    world.chain.refuse = away
    events = [world.event(number) for number in (0, 1)]
    with pytest.raises(ChainAway):
        world.delivery.work_in_order(events[1])
    assert [key for _, key, _ in world.chain.asked] == [f"deliver:lem:{SLOT}"]
    assert world.inbox.open_events() == events


def test_a_slots_end_that_was_never_sampled_is_not_waited_for_when_it_is_long_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sample(0)
    waited: list[float] = []
    monkeypatch.setattr("services.shared.wait.time.sleep", waited.append)
    world.now_ms[0] = (SLOT + LENGTH) * 1000 + SOON_MS
    with pytest.raises(TryLater, match="still to come"):
        world.delivery.work_in_order(world.event())
    assert waited == []
