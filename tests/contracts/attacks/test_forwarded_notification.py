"""Attack: a genuine transfer to somebody else, of which the market is told as if it were its own."""

from tests.contracts.attackers import Mood, intrude
from tests.contracts.scene import EUR, Scene, eur, refused


def test_m_led_01_attack_forwarded_notification_is_no_deposit(scene: Scene) -> None:
    buyer = scene.participant("buyer")
    relay = intrude(scene, scene.name("relay"), Mood.FORWARD, "tbimarket")
    scene.give(buyer, EUR)
    pushed = scene.send(buyer, relay, EUR, memo=scene.market)
    assert [trace.receiver for trace in pushed.traces] == ["tbitoken", buyer, relay, "tbimarket"]
    assert scene.held() == 0


def test_m_led_01_attack_forwarded_notification_by_the_sender_is_no_deposit(scene: Scene) -> None:
    buyer, friend = scene.participant("buyer"), scene.account("friend")
    intrude(scene, buyer, Mood.FORWARD, "tbimarket")
    scene.give(buyer, EUR)
    pushed = scene.send(buyer, friend, EUR, memo=scene.market)
    assert "tbimarket" in [trace.receiver for trace in pushed.traces]
    assert scene.held() == 0


def test_m_led_01_attack_forwarded_notification_through_two_accounts_is_no_deposit(scene: Scene) -> None:
    buyer = scene.participant("buyer")
    last = intrude(scene, scene.name("last"), Mood.FORWARD, "tbimarket")
    first = intrude(scene, scene.name("first"), Mood.FORWARD, last)
    scene.give(buyer, EUR)
    pushed = scene.send(buyer, first, EUR, memo=scene.market)
    assert [trace.receiver for trace in pushed.traces][-2:] == [last, "tbimarket"]
    assert scene.held() == 0


def test_m_led_02_attack_forwarded_notification_of_a_payout_is_no_deposit(scene: Scene) -> None:
    buyer = scene.participant("buyer", money=2 * EUR)
    intrude(scene, buyer, Mood.FORWARD, "tbimarket")
    scene.market_does("withdraw", by=buyer, owner=buyer, quantity=eur(EUR))
    assert scene.money(buyer) == (EUR, 0)


def test_m_led_02_attack_forwarded_notification_that_withdraws_again_gets_what_is_left_only(scene: Scene) -> None:
    buyer = scene.participant("buyer", money=2 * EUR)
    other = scene.participant("other", money=5 * EUR)
    intrude(scene, buyer, Mood.WITHDRAW, scene.market)
    with refused("M-LED-02"):
        scene.market_does("withdraw", by=buyer, owner=buyer, quantity=eur(EUR))
    assert (scene.money(buyer), scene.money(other)) == ((2 * EUR, 0), (5 * EUR, 0))
