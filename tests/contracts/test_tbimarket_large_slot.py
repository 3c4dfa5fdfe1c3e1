"""tbimarket: a slot with as many offers as M-RAM-03 lets one participant have."""

from typing import Any

from tests.contracts.chain_tester import Act, Refused
from tests.contracts.scene import EUR, Scene, line

MONEY = 1000 * EUR
PRICE = 250_000


def test_a_slot_with_all_the_offers_that_a_participant_may_have_settles(new_scene: Any) -> None:
    scene = new_scene(params={"max_offers": 16, "max_bids": 256})
    seller, buyer = scene.box("seller"), scene.participant("buyer", money=MONEY)
    scene.points = 1
    for _ in range(8):
        scene.point(seller, units=8)
    scene.pay_in(seller, MONEY)
    scene.forecast(*(line(point, *((8 * (point - 2) + unit, 0, 16) for unit in range(1, 9))) for point in range(2, 10)))
    offers = list(range(1, 1025))
    terms = {"market": scene.market, "seller": seller, "slot": scene.slot, "energy_wh": 1, "start_price": PRICE}
    all_at_once(scene, [("offer", seller, terms | {"unit": 1 + (key - 1) // 16, "key": key}) for key in offers])
    scene.bid(buyer, offers[-1], PRICE)
    scene.at(scene.gate + 60)
    all_at_once(scene, [("award", seller, {"market": scene.market, "offer": offer}) for offer in offers])
    scene.at(scene.deadline + 1)
    pushed = scene.settle(offers[-1])
    assert pushed.named("logsettle")


def all_at_once(scene: Scene, calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Actions of tbimarket with who signs them, a transaction each."""
    done = scene.chain.push_each(Act("tbimarket", action, data, [by]) for action, by, data in calls)
    assert [answer for answer in done if isinstance(answer, Refused)] == []
