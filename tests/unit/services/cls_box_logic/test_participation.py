"""A box with two meters of which one was registered and not provisioned: the other one delivers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from market.values import EosName
from services.cls_box_logic.connector import Connector, Receipt
from services.cls_box_logic.errors import Unknown
from services.cls_box_logic.inbox import Event, Inbox
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import KEEP_MS, Participation
from services.cls_box_logic.provisioning import Box, box_of
from services.cls_box_logic.samples import SampleStore
from services.cls_box_logic.service.delivery import Delivery

LEM, SLOT = EosName("lem"), 1_795_305_600
BODY: Mapping[str, Any] = {
    "name": "box-11",
    "address": "10.77.1.11",
    "salt": "00" * 16,
    "points": [{"serial_number": "1TBI0000000011", "component": "meter0", "max_w": 30_000}],
    "units": [],
}


class Chain:
    """The connector's reader, with two points of this box."""

    def __init__(self, box: Box) -> None:
        self.sent: list[dict[str, Any]] = []
        self.hashes = {1: box.hash_of("1TBI0000000011"), 2: box.hash_of("1TBI0000000012")}

    def rows(self, _contract: str, table: str, _scope: str, lower: int = 0, **_more: object) -> list[dict[str, Any]]:
        if table == "boxpoints":
            return [{"market": "lem", "point": number, "slot_s": 900} for number in self.hashes]
        return [{"hash": self.hashes[lower], "since": SLOT, "units": []}]

    def transact(self, actions: list[dict[str, Any]], _key: str) -> Receipt:
        self.sent += actions
        return Receipt("ab" * 32, 4922)

    def hand_over(self, _actions: object, _key: str) -> None:
        """Sent ahead, of which `transact` tells."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "box.json"
    made.write_text('{"account": "box1abcdefgh"}')
    return made


def test_a_point_that_is_not_provisioned_keeps_no_other_waiting(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    box, now = box_of(BODY), [10**12]
    chain = Chain(box)
    seen = Participation(box, Ownership(file), cast(Connector, chain), lambda: now[0])
    assert [point.id for point in seen.points(LEM)] == [1]
    seen.check_point(LEM, 1)
    seen.check_point(LEM, 77)
    with pytest.raises(Unknown, match="not in its provisioning file"):
        seen.check_point(LEM, 2)
    now[0] += KEEP_MS
    seen.points(LEM)
    chain.hashes[3] = chain.hashes[1]
    now[0] -= 86_400_000
    assert [point.id for point in seen.points(LEM)] == [1, 3], "also when the clock went back"
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


def test_its_event_stays_open_and_the_other_ones_is_delivered(file: Path, tmp_path: Path) -> None:
    box, now = box_of(BODY), [(SLOT + 960) * 1000]
    chain = Chain(box)
    samples, inbox, journal = SampleStore(tmp_path), Inbox(tmp_path, lambda: now[0]), Journal(tmp_path, lambda: now[0])
    for at_s, bought in ((SLOT, 1000), (SLOT + 900, 1250)):
        samples.add(at_s * 1000, {"meter0/ActiveProductionEnergy": bought, "meter0/ActiveConsumptionEnergy": 0})
    connector, ownership = cast(Connector, chain), Ownership(file)
    delivery = Delivery(
        ownership=ownership,
        inbox=inbox,
        journal=journal,
        samples=samples,
        participation=Participation(box, ownership, connector, lambda: now[0]),
        connector=connector,
        clock_ms=lambda: now[0],
        tolerance_ms=1500,
    )
    events = [Event(f"1.lem.{point}.1", "lem", "senddata", point, SLOT, by_hand=False) for point in (2, 1)]
    for event in events:
        inbox.take(event)
    assert delivery.work_in_order(events[1])["status"] == "delivered"
    assert [reading["point"] for action in chain.sent for reading in action["data"]["readings"]] == [1]
    assert inbox.open_events() == [events[0]]
    later = Event("1.lem.1.2", "lem", "senddata", 1, SLOT - 900, by_hand=True)
    inbox.take(later)
    outcome = delivery.work_on(later)
    assert (outcome["status"], "registered after the slot" in outcome["reason"]) == ("missing", True)
    with pytest.raises(Unknown, match="not in its provisioning file"):
        delivery.work_on(events[0])
    for store in (samples, inbox, journal):
        store.close()


def test_what_a_connection_carries_is_known_by_its_counters() -> None:
    box = box_of(BODY)
    assert box.most_w("meter0/ActiveProductionEnergy") == 30_000
    assert box.most_w("pv0/ActiveProductionEnergy") is None
    for wrong in (0, -1, 1.5, "30000", True):
        with pytest.raises(ValueError, match="max_w of meter0"):
            box_of({**BODY, "points": [{**BODY["points"][0], "max_w": wrong}]})
