"""Attack: a row that somebody else pays for."""

import pytest

from tests.contracts.attackers import Mood, intrude
from tests.contracts.attacks.conftest import MONEY
from tests.contracts.chain_tester import Act, Pushed, Refused
from tests.contracts.scene import EUR, Scene, eur, reading


def billed(pushed: Pushed) -> set[str]:
    """Who pays for more RAM than before."""
    return {account for trace in pushed.traces for account, change in trace.ram.items() if change > 0}


def test_m_ram_02_attack_ram_billed_to_another_who_did_not_sign_is_refused(scene: Scene) -> None:
    intruder, victim = intrude(scene, scene.name("intruder")), scene.account("victim")
    for account in (victim, "tbimarket"):
        with pytest.raises(Refused, match="authoriz"):
            scene.chain.push(Act(intruder, "bill", {"victim": account}, [intruder]))


def test_m_ram_02_attack_ram_billed_to_another_who_pays_in_is_refused(scene: Scene) -> None:
    """Told of a transfer, a contract cannot charge the sender, although he has signed it."""
    victim = scene.participant("victim", money=EUR)
    intruder = intrude(scene, scene.name("intruder"), Mood.BILL)
    scene.give(victim, EUR)
    with pytest.raises(Refused, match="RAM"):
        scene.send(victim, intruder, EUR)


def test_m_ram_02_attack_ram_billed_to_another_by_a_payout_hits_only_the_attacker(scene: Scene) -> None:
    """The market pays out to a contract that would charge it for the notification: there is no payout then."""
    intruder, other = scene.participant("attacker", money=EUR), scene.participant("other", money=EUR)
    intrude(scene, intruder, Mood.BILL)
    with pytest.raises(Refused, match="RAM"):
        scene.market_does("withdraw", by=intruder, owner=intruder, quantity=eur(1))
    scene.market_does("withdraw", by=other, owner=other, quantity=eur(1))
    assert scene.money(intruder) == (EUR, 0)


def test_m_ram_02_attack_ram_billed_to_another_never_by_a_trading_day(scene: Scene, offer: int) -> None:
    seller, one, two = (scene.name(name) for name in ("seller", "one", "two"))
    done = [scene.bid(one, offer, 200_000), scene.bid(two, offer, 210_000)]
    scene.at(scene.gate)
    done.append(scene.award(offer))
    scene.at(scene.end)
    done.append(scene.registry_does("senddata", limit=256))
    done.append(scene.deliver(seller, reading(1, 1200, 0, (1, 1200))))
    done.append(scene.deliver(two, reading(3, 0, 900)))
    done += [scene.settle(offer), scene.sweep(1)]
    done.append(scene.market_does("withdraw", by=seller, owner=seller, quantity=eur(1)))
    payers = {account for pushed in done for account in billed(pushed)}
    assert payers == {"tbiclsbox", "tbimarket"}
    assert scene.money(two)[0] > MONEY - 210_000
