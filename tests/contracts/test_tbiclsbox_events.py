"""tbiclsbox: events that ask a box for readings (M-EVT, M-RAM)."""

from typing import Any

from tests.contracts.chain_tester import Act
from tests.contracts.scene import OPERATOR, Scene, reading, refused


def pending(scene: Scene, box: str) -> list[tuple[int, int]]:
    """Slot and point of a box's events in the order in which they are due."""
    return [(row["slot"], row["point"]) for row in scene.rows("tbiclsbox", "events", box, index=2, key_type="i64")]


def by_hand(scene: Scene, box: str, **changes: Any) -> dict[str, Any]:
    first = {
        "box": box,
        "kind": "senddata",
        "point": 1,
        "slot": scene.opened_at,
        "energy_wh": 7,
        "buyer": "",
        "by": OPERATOR,
    }
    return {**first, **changes}


def test_m_evt_01_after_the_slots_end_every_point_gets_an_event(scene: Scene) -> None:
    one, other = scene.participant("one"), scene.participant("other")
    scene.point(one)
    scene.at(scene.opened_at + scene.slot_s - 1)
    with refused("M-EVT-01"):
        scene.registry_does("senddata", limit=256)
    scene.at(scene.opened_at + scene.slot_s)
    scene.registry_does("senddata", by=other, limit=256)  # anyone may call it
    slot = scene.opened_at
    assert pending(scene, one) == [(slot, 1), (slot, 3)]
    assert pending(scene, other) == [(slot, 2)]
    assert scene.rows("tbiclsbox", "events", other) == [
        {
            "id": 1,
            "due": slot << 32 | 2,
            "market": scene.market,
            "kind": "senddata",
            "point": 2,
            "slot": slot,
            "energy_wh": 0,
            "buyer": "",
            "raised_at": slot + scene.slot_s,
            "by_hand": False,
        }
    ]
    with refused("M-EVT-01"):
        scene.registry_does("senddata", limit=256)


def test_m_evt_01_catches_up_slot_by_slot_and_limit_by_limit(scene: Scene) -> None:
    boxes = [scene.participant(name) for name in ("a", "b", "c")]
    scene.at(scene.opened_at + 2 * scene.slot_s)
    progress = []
    for _ in range(4):
        scene.registry_does("senddata", limit=2)
        counters = scene.rows("tbiclsbox", "counters")[0]
        progress.append((counters["event_slot"] - scene.opened_at, counters["event_point"]))
    assert progress == [(0, 2), (900, 0), (900, 2), (1800, 0)]
    assert [len(pending(scene, box)) for box in boxes] == [2, 2, 2]


def test_m_evt_01_no_market_no_event_before_the_first_registration_or_at_its_end(new_scene: Any) -> None:
    scene = new_scene()
    with refused("M-EVT-01"):
        scene.registry_does("senddata", limit=1)
    ending = new_scene(until=(int(scene.chain.now()) // 86400 + 1) * 86400 + 900)
    box = ending.participant("box")
    ending.at(ending.opened_at + 5000)
    ending.registry_does("senddata", limit=1)
    with refused("M-EVT-01"):
        ending.registry_does("senddata", limit=1)
    assert pending(ending, box) == [(ending.opened_at, 1)]


def test_m_evt_01_a_point_gets_events_from_its_first_whole_slot_on(scene: Scene) -> None:
    early = scene.participant("early")
    scene.at(scene.opened_at + 1)
    late = scene.participant("late")
    scene.at(scene.opened_at + 2 * scene.slot_s)
    scene.registry_does("senddata", limit=256)
    scene.registry_does("senddata", limit=256)
    assert len(pending(scene, early)) == 2
    assert pending(scene, late) == [(scene.opened_at + scene.slot_s, 2)]


def test_m_evt_02_the_operator_raises_an_event_by_hand(scene: Scene) -> None:
    box, other = scene.participant("box"), scene.participant("other")
    with refused("M-EVT-02"):
        scene.registry_does("raise", **by_hand(scene, box, by=box))
    with refused("M-REG-02"):
        scene.registry_does("raise", **by_hand(scene, box, point=9))
    with refused("M-REG-02"):
        scene.registry_does("raise", **by_hand(scene, other))
    with refused("M-EVT-02"):
        scene.registry_does("raise", **by_hand(scene, box, kind="other"))
    with refused("M-EVT-02"):
        scene.registry_does("raise", **by_hand(scene, box, slot=scene.opened_at + 1))
    with refused("M-EVT-02"):
        scene.registry_does("raise", **by_hand(scene, box, slot=scene.opened_at - scene.slot_s))
    scene.registry_does("raise", **by_hand(scene, box, buyer=other))
    event = scene.rows("tbiclsbox", "events", box)[0]
    assert (event["energy_wh"], event["buyer"], event["by_hand"]) == (7, other, True)


def test_m_evt_03_an_event_is_raised_once(scene: Scene) -> None:
    box = scene.participant("box")
    scene.registry_does("raise", **by_hand(scene, box))
    with refused("M-EVT-03"):
        scene.registry_does("raise", **by_hand(scene, box))
    scene.at(scene.opened_at + scene.slot_s)
    scene.registry_does("senddata", limit=1)
    assert pending(scene, box) == [(scene.opened_at, 1)]
    scene.deliver(box, reading(1), slot=scene.opened_at)
    assert pending(scene, box) == []
    with refused("M-EVT-03"):
        scene.registry_does("raise", **by_hand(scene, box))


def test_m_evt_03_nothing_is_asked_for_that_was_delivered_before(scene: Scene) -> None:
    box = scene.participant("box")
    scene.at(scene.opened_at + scene.slot_s)
    scene.deliver(box, reading(1), slot=scene.opened_at)
    scene.registry_does("senddata", limit=1)
    assert pending(scene, box) == []
    assert scene.rows("tbiclsbox", "counters")[0]["event_slot"] == scene.opened_at + scene.slot_s


def test_m_evt_03_another_markets_event_for_the_same_point_and_slot_is_no_obstacle(
    scene: Scene, new_scene: Any
) -> None:
    box = scene.participant("box")
    second = new_scene()
    second.registry_does("regbox", box=box, key=scene.keys[box])
    second.point(box)
    slot = second.opened_at
    for market in (scene, second):
        market.registry_does("raise", **by_hand(market, box, slot=slot))
    assert [(row["id"], row["market"]) for row in scene.rows("tbiclsbox", "events", box)] == [
        (1, scene.market),
        (2, second.market),
    ]
    scene.at(slot + scene.slot_s)
    second.deliver(box, reading(1), slot=slot)
    assert [row["market"] for row in scene.rows("tbiclsbox", "events", box)] == [scene.market]


def test_m_del_01_only_the_market_acknowledges(scene: Scene) -> None:
    box = scene.participant("box")
    scene.registry_does("raise", **by_hand(scene, box))
    for who in (OPERATOR, box, "tbiclsbox"):
        with refused("M-DEL-01"):
            scene.registry_does("ack", by=who, box=box, point=1, slot=scene.opened_at)


def test_m_ram_01_events_past_the_deadline_expire(scene: Scene) -> None:
    box, other = scene.participant("box"), scene.participant("other")
    scene.at(scene.opened_at + 3 * scene.slot_s)
    for _ in range(3):
        scene.registry_does("senddata", limit=256)
    deadline = scene.opened_at + scene.slot_s + scene.params["deadline_s"]
    scene.at(deadline)
    with refused("M-RAM-01"):
        scene.registry_does("expire", box=box, limit=256)
    scene.at(deadline + scene.slot_s + 1)
    scene.registry_does("expire", by=other, box=box, limit=1)
    assert len(pending(scene, box)) == 2
    scene.registry_does("expire", box=box, limit=256)
    assert pending(scene, box) == [(scene.opened_at + 2 * scene.slot_s, 1)]
    with refused("M-RAM-01"):
        scene.registry_does("expire", box=box, limit=256)


def test_m_ram_03_a_limit_lies_between_1_and_256(scene: Scene) -> None:
    for limit in (0, 257):
        with refused("M-RAM-03"):
            scene.registry_does("senddata", limit=limit)
        with refused("M-RAM-03"):
            scene.registry_does("expire", box="nobody", limit=limit)


def test_256_points_get_their_events_in_one_action(scene: Scene) -> None:
    people = [scene.box(f"p{letter}") for letter in "abcdefghijklmnopqrstuvwxyzabcdef"[:26]]
    for number in range(200):
        scene.point(people[number % 26])
    scene.at(scene.opened_at + scene.slot_s)
    pushed = scene.chain.push(
        Act("tbiclsbox", "senddata", {"market": scene.market, "limit": 256}, [OPERATOR]), measure=True
    )
    assert sum(len(pending(scene, box)) for box in people) == 200
    assert pushed.named("senddata")
