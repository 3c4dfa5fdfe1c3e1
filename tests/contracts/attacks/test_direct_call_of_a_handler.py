"""Attack: the handler of a notification called as if it were an action."""

import pytest

from tests.contracts.attackers import intrude, relay
from tests.contracts.chain_tester import Act
from tests.contracts.scene import EUR, Scene, eur, refused


@pytest.fixture
def deposit(scene: Scene) -> str:
    """What the market is told of a deposit."""
    buyer = scene.participant("buyer", money=EUR)
    scene.give(buyer, EUR)
    return scene.send(buyer, "tbimarket", EUR, scene.market).traces[0].data


def test_m_led_01_attack_direct_call_of_a_handler_by_the_depositor_does_nothing(scene: Scene, deposit: str) -> None:
    buyer = scene.name("buyer")
    scene.chain.push(Act("tbimarket", "transfer", deposit, [buyer]))
    assert scene.money(buyer) == (2 * EUR, 0)


def test_m_led_01_attack_direct_call_of_a_handler_by_the_contract_itself_does_nothing(
    scene: Scene, deposit: str
) -> None:
    scene.chain.push(Act("tbimarket", "transfer", deposit, ["tbimarket"]))
    assert scene.money(scene.name("buyer")) == (2 * EUR, 0)


def test_m_led_01_attack_direct_call_of_a_handler_by_a_contract_does_nothing(scene: Scene, deposit: str) -> None:
    intruder = intrude(scene, scene.name("intruder"))
    sent = {"actor": intruder, "account": "tbimarket", "name": "transfer", "data": deposit}
    scene.chain.push(Act(intruder, "relay", sent, [intruder]))
    assert scene.money(scene.name("buyer")) == (2 * EUR, 0)


@pytest.mark.parametrize("action", ["ack", "addtraded"])
def test_attack_direct_call_of_a_handler_of_another_contract_is_refused(scene: Scene, action: str) -> None:
    """What tbimarket tells registry and pool by inline actions."""
    intruder = intrude(scene, scene.name("intruder"))
    calls = {
        "ack": ("tbiclsbox", "M-DEL-01", {"box": intruder, "point": 1, "slot": scene.slot}),
        "addtraded": ("tbipool", "M-POO-01", {"slot": scene.slot, "group": "groupa", "energy_wh": 1}),
    }
    contract, rule, data = calls[action]
    with refused(rule):
        relay(scene, intruder, Act(contract, action, {"market": scene.market, **data}), intruder)


def test_m_led_01_attack_direct_call_of_a_handler_with_a_fake_quantity_does_nothing(scene: Scene, deposit: str) -> None:
    data = {"from": scene.name("buyer"), "to": "tbimarket", "quantity": eur(10**17), "memo": scene.market}
    forged = scene.chain.pack(Act("tbitoken", "transfer", data))
    scene.chain.push(Act("tbimarket", "transfer", forged, [scene.name("buyer")]))
    assert scene.held() == 2 * EUR
