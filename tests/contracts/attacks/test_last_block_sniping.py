"""Attack: a bid in the last block, so that nobody can answer."""

from tests.contracts.scene import Scene, refused


def test_m_bid_05_attack_last_block_sniping_leaves_the_others_time(scene: Scene, offer: int) -> None:
    sniper, victim = scene.name("one"), scene.name("two")
    scene.bid(victim, offer, 200_000)
    scene.at(scene.gate - 0.5)
    scene.bid(sniper, offer, 201_000)
    assert scene.row("offers", offer)["closes_at"] == scene.gate - 1 + scene.params["extend_s"]
    scene.at(scene.gate + 10)
    scene.bid(victim, offer, 250_000)
    assert scene.row("offers", offer)["bidder"] == victim


def test_m_bid_05_attack_last_block_sniping_again_and_again_ends_at_the_settle_gap(scene: Scene, offer: int) -> None:
    last = scene.slot - scene.params["settle_gap_s"]
    price, bidders = 200_000, [scene.name("one"), scene.name("two")]
    scene.at(scene.gate - 0.5)
    while True:
        scene.bid(bidders[0], offer, price)
        bidders.reverse()
        price += 1000
        closes_at = scene.row("offers", offer)["closes_at"]
        assert closes_at <= last
        scene.at(closes_at - 0.5)
        if closes_at == last:
            break
    scene.bid(bidders[0], offer, price)
    assert scene.row("offers", offer)["closes_at"] == last
    scene.at(last)
    with refused("M-BID-01"):
        scene.bid(bidders[1], offer, 900_000)


def test_m_bid_02_attack_last_block_sniping_by_less_than_a_tick_is_refused(scene: Scene, offer: int) -> None:
    scene.bid(scene.name("two"), offer, 200_000)
    scene.at(scene.gate - 0.5)
    with refused("M-BID-02"):
        scene.bid(scene.name("one"), offer, 200_001)
    assert scene.row("offers", offer)["closes_at"] == scene.gate


def test_m_bid_05_attack_last_block_sniping_in_one_block_goes_to_the_dearer_bid(scene: Scene, offer: int) -> None:
    scene.at(scene.gate - 0.5)
    scene.bid(scene.name("one"), offer, 200_000)
    scene.bid(scene.name("two"), offer, 300_000)
    with refused("M-BID-02"):
        scene.bid(scene.name("one"), offer, 300_000)
    assert scene.row("offers", offer)["bidder"] == scene.name("two")
