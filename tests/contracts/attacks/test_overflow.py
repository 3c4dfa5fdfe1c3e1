"""Attack: numbers so large that a product or a sum might wrap round."""

from tests.contracts.scene import EUR, ISSUER, Scene, eur, line, reading, refused

MOST = 2**32 - 1


def test_m_off_06_attack_overflow_of_energy_times_price_locks_all_of_it(scene: Scene) -> None:
    seller = scene.participant("seller", units=1, money=EUR)
    scene.forecast(line(1, (1, 0, MOST)))
    with refused("M-OFF-06"):
        scene.offer(seller, energy=MOST, price=10_000)
    lock = MOST * (scene.prices["evu_sell"] - 10_000) // 1000
    scene.pay_in(seller, lock)
    scene.offer(seller, energy=MOST, price=10_000)
    assert scene.money(seller) == (EUR, lock)


def test_m_bid_04_attack_overflow_of_energy_times_price_is_money_that_nobody_has(scene: Scene) -> None:
    seller, buyer = scene.participant("seller", units=1), scene.participant("buyer", money=EUR)
    scene.forecast(line(1, (1, 0, MOST)))
    offer = scene.offer(seller, energy=MOST, price=900_000)
    with refused("M-BID-04"):
        scene.bid(buyer, offer, MOST)
    assert MOST * MOST // 1000 < 2**63


def test_m_led_02_attack_overflow_of_a_withdrawal_is_refused(scene: Scene) -> None:
    buyer = scene.participant("buyer", money=EUR)
    for units in (2**62 - 1, EUR + 1):
        with refused("M-LED-02"):
            scene.market_does("withdraw", by=buyer, owner=buyer, quantity=eur(units))
    assert scene.money(buyer) == (EUR, 0)


def test_m_poo_01_attack_overflow_of_a_groups_figures_is_none(scene: Scene) -> None:
    box = scene.box("box")
    points = [scene.point(box) for _ in range(3)]
    scene.at(scene.end)
    scene.deliver(box, *(reading(point, MOST, 0) for point in points))
    [figures] = scene.rows("tbipool", "figures")
    assert (figures["fed_in_wh"], figures["residual_wh"]) == (3 * MOST, 3 * MOST)
    assert scene.rows("tbimarket", "ledger")[0]["owner"] == ISSUER


def test_m_off_02_attack_overflow_of_a_slots_time_is_refused(scene: Scene) -> None:
    seller = scene.participant("seller", units=1)
    with refused("M-OFF-02"):
        scene.offer(seller, slot=MOST - MOST % scene.slot_s)
