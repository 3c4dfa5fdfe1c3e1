"""Attack: money that is none."""

from tests.contracts.attackers import fake_token
from tests.contracts.chain_tester import Act
from tests.contracts.scene import EUR, Scene, eur, refused


def paid_in(scene: Scene, token: str, sender: str, quantity: str = "") -> Act:
    data = {"from": sender, "to": "tbimarket", "quantity": quantity or eur(EUR), "memo": scene.market}
    return Act(token, "transfer", data, [scene.name("stranger")])


def test_m_led_01_attack_fake_token_that_asks_nobody_is_no_money(scene: Scene) -> None:
    buyer, token = scene.participant("buyer"), fake_token(scene)
    scene.account("stranger")
    with refused("M-LED-01"):
        scene.chain.push(paid_in(scene, token, buyer))
    assert scene.money(buyer) == (0, 0)


def test_m_led_01_attack_fake_token_moves_no_money_of_the_market(scene: Scene) -> None:
    buyer, token = scene.participant("buyer", money=EUR), fake_token(scene)
    scene.account("stranger")
    back = {"from": "tbimarket", "to": buyer, "quantity": eur(EUR), "memo": scene.market}
    scene.chain.push(Act(token, "transfer", back, [scene.name("stranger")]))
    assert scene.money(buyer) == (EUR, 0)


def test_m_led_01_attack_fake_token_between_others_does_not_concern_the_market(scene: Scene) -> None:
    buyer, token = scene.participant("buyer", money=EUR), fake_token(scene)
    other = scene.account("stranger")
    data = {"from": other, "to": buyer, "quantity": eur(10**17), "memo": scene.market}
    scene.chain.push(Act(token, "transfer", data, [other]))
    assert scene.held() == EUR


def test_m_led_01_attack_fake_token_of_the_standard_contract_is_no_money(scene: Scene) -> None:
    buyer, fake = scene.participant("buyer"), scene.account("fake")
    scene.chain.deploy_bundled(fake, "eosio.token")
    scene.chain.push(Act(fake, "create", {"issuer": buyer, "maximum_supply": eur(EUR)}, [fake]))
    scene.chain.push(Act(fake, "issue", {"to": buyer, "quantity": eur(EUR), "memo": ""}, [buyer]))
    transfer = {"from": buyer, "to": "tbimarket", "quantity": eur(EUR), "memo": scene.market}
    with refused("M-LED-01"):
        scene.chain.push(Act(fake, "transfer", transfer, [buyer]))
    assert scene.money(buyer) == (0, 0)
