"""Attack: a delivery that counts twice, or elsewhere than where it was signed for."""

from collections.abc import Callable

import pytest

from tests.contracts.chain_tester import Act, Refused
from tests.contracts.scene import Scene, reading, refused


@pytest.fixture
def box(scene: Scene) -> str:
    """A box with the points 1 and 2, after the slot's end."""
    box = scene.box("box")
    scene.point(box)
    scene.point(box)
    scene.at(scene.end)
    return box


def delivery(scene: Scene, box: str, slot: int = 0) -> Act:
    data = {"market": scene.market, "box": box, "slot": slot or scene.slot, "readings": [reading(1, 5, 0)]}
    return Act("tbimarket", "deliver", data, [box])


def test_m_del_02_attack_replayed_delivery_as_a_new_transaction_is_refused(scene: Scene, box: str) -> None:
    scene.chain.push(delivery(scene, box))
    with refused("M-DEL-02"):
        scene.chain.push(delivery(scene, box))


def test_attack_replayed_delivery_as_the_same_transaction_is_refused(scene: Scene, box: str) -> None:
    signed = scene.chain.sign(delivery(scene, box))
    scene.chain.push_signed(signed)
    with pytest.raises(Refused, match=r"[Dd]uplicate"):
        scene.chain.push_signed(signed)


def test_m_del_02_attack_replayed_delivery_after_the_slot_was_erased_is_refused(scene: Scene, box: str) -> None:
    scene.chain.push(delivery(scene, box))
    scene.sweep(1)
    scene.at(scene.end + scene.params["retain_s"])
    scene.market_does("erase", by=box, slot=scene.slot, limit=256)
    assert scene.rows("tbimarket", "readings") == []
    with refused("M-DEL-02"):
        scene.chain.push(delivery(scene, box))


def test_m_del_03_attack_replayed_delivery_for_another_slot_is_refused(scene: Scene, box: str) -> None:
    for slot, rule in ((scene.slot + scene.slot_s, "M-DEL-03"), (scene.slot + 1, "M-DEL-03"), (0, "M-DEL-05")):
        with refused(rule):
            scene.market_does("deliver", by=box, box=box, slot=slot, readings=[reading(1)])


def test_m_del_01_attack_replayed_delivery_for_another_point_is_refused(scene: Scene, box: str) -> None:
    other = scene.participant("other")  # point 3
    with refused("M-DEL-01"):
        scene.deliver(box, reading(3))
    with refused("M-DEL-01"):
        scene.market_does("deliver", by=box, box=other, slot=scene.slot, readings=[reading(3)])


def test_m_del_01_attack_replayed_delivery_in_another_market_counts_in_none_but_its_own(
    scene: Scene, box: str, new_scene: Callable[[], Scene]
) -> None:
    second = new_scene()
    second.registry_does("regbox", box=box, key=scene.keys[box])
    second.at(second.end)
    with refused("M-DEL-01"):  # point 1 is registered in the first market only
        second.deliver(box, reading(1))
    scene.deliver(box, reading(1), slot=second.slot)
    second.point(box)
    with refused("M-DEL-05"):
        second.deliver(box, reading(1))
    assert second.rows("tbimarket", "watermarks") == []


def test_attack_replayed_delivery_of_another_chain_is_refused(scene: Scene, box: str) -> None:
    """The signature covers the chain's id: on this chain it yields another key."""
    with pytest.raises(Refused, match="does not have signatures"):
        scene.chain.push_signed(scene.chain.sign(delivery(scene, box), of_chain="00" * 32))
    scene.chain.push(delivery(scene, box))
