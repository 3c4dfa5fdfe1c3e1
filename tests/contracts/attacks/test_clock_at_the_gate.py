"""Attack: the half second in which a gate closes."""

from tests.contracts.scene import Scene, line, reading, refused


def test_m_off_02_attack_clock_at_the_gate_the_last_offer_is_half_a_second_before(scene: Scene, offer: int) -> None:
    seller = scene.name("seller")
    scene.at(scene.gate - 0.5)
    scene.offer(seller)
    scene.at(scene.gate)
    with refused("M-OFF-02"):
        scene.offer(seller)


def test_m_bid_01_attack_clock_at_the_gate_no_bid_at_the_closing(scene: Scene, offer: int) -> None:
    scene.at(scene.gate)
    with refused("M-BID-01"):
        scene.bid(scene.name("one"), offer, 900_000)
    scene.award(offer)
    assert scene.row("offers", offer)["status"] == 2


def test_m_awd_01_attack_clock_at_the_gate_no_award_before_it(scene: Scene, offer: int) -> None:
    """A bidder who has the highest bid cannot end the auction early."""
    one = scene.name("one")
    scene.bid(one, offer, 200_000)
    scene.at(scene.gate - 0.5)
    with refused("M-AWD-01"):
        scene.market_does("award", by=one, offer=offer)


def test_m_off_05_attack_clock_at_the_gate_no_withdrawal_at_it(scene: Scene, offer: int) -> None:
    scene.at(scene.gate)
    with refused("M-OFF-05"):
        scene.market_does("retract", by=scene.name("seller"), seller=scene.name("seller"), offer=offer)


def test_m_for_02_attack_clock_at_the_gate_no_forecast_at_it(scene: Scene, offer: int) -> None:
    scene.at(scene.gate)
    with refused("M-FOR-02"):
        scene.forecast(line(1, (1, 0, 200_000)))


def test_m_del_03_attack_clock_at_the_gate_no_delivery_before_the_end(scene: Scene, offer: int) -> None:
    seller = scene.name("seller")
    scene.at(scene.end - 0.5)
    with refused("M-DEL-03"):
        scene.deliver(seller, reading(1))
    scene.at(scene.end)
    scene.deliver(seller, reading(1))
