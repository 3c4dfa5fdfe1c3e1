"""Attack: code, parameters or permissions of the market changed by less than two of the three governors."""

from collections.abc import Iterator

import pytest

from deploy.chain.accounts import GOVERNORS
from tests.contracts.attackers import HOSTILE
from tests.contracts.chain_tester import Act, ChainTester, Refused, authority
from tests.contracts.governed import Governed, govern, new_code
from tests.contracts.scene import deploy_all

ONE, TWO, _ = GOVERNORS
HARM = new_code("tbimarket", "intruder", HOSTILE)


@pytest.fixture(scope="module")
def governed() -> Iterator[Governed]:
    """All attacks fail, so that they can share the chain."""
    with ChainTester() as chain:
        deploy_all(chain)
        yield govern(chain)


@pytest.mark.parametrize("governor", GOVERNORS)
def test_m_adm_02_attack_code_upgrade_by_one_key_is_refused(governed: Governed, governor: str) -> None:
    with pytest.raises(Refused, match="does not have signatures"):
        governed.chain.push(*HARM, keys=[governed.private[governor]])


@pytest.mark.parametrize("account", ["tbimarket", "tbiadmin", "tbievu"])
def test_m_adm_02_attack_code_upgrade_by_one_key_of_others_is_refused(governed: Governed, account: str) -> None:
    """The key that the account once had, the operator's and the EVU's."""
    acts = [Act(act.contract, act.name, act.data, [account]) for act in HARM]
    with pytest.raises(Refused, match=r"does not have signatures|missing authority"):
        governed.chain.push(*acts)


def test_m_adm_02_attack_code_upgrade_by_one_key_through_a_proposal_is_refused(governed: Governed) -> None:
    governed.propose("alone", *HARM)
    governed.approve("alone", ONE)
    with pytest.raises(Refused, match="authorization failed"):
        governed.execute("alone")


def test_m_adm_02_attack_code_upgrade_by_one_key_that_approves_twice_is_refused(governed: Governed) -> None:
    governed.propose("twice", *HARM)
    governed.approve("twice", ONE)
    with pytest.raises(Refused, match="approval is not on the list"):
        governed.approve("twice", ONE)
    with pytest.raises(Refused, match="missing authority"):
        governed.approve("twice", TWO, by=ONE)
    with pytest.raises(Refused, match="authorization failed"):
        governed.execute("twice")


def test_m_adm_02_attack_code_upgrade_by_one_key_that_first_takes_the_account_is_refused(governed: Governed) -> None:
    public, _ = governed.chain.new_key()
    data = {"account": "tbimarket", "permission": "active", "parent": "owner", "auth": authority(public)}
    act = Act("eosio", "updateauth", data, ["tbimarket"])
    with pytest.raises(Refused, match="does not have signatures"):
        governed.chain.push(act, keys=[governed.private[ONE]])


def test_m_adm_01_attack_code_upgrade_by_one_key_nor_prices(governed: Governed) -> None:
    prices = {"from_slot": 0, "evu_buy": 1, "evu_sell": 1}
    act = Act("tbimarket", "setprices", {"market": "lem", "prices": prices}, ["tbimarket"])
    with pytest.raises(Refused, match="does not have signatures"):
        governed.chain.push(act, keys=[governed.private[ONE]])
