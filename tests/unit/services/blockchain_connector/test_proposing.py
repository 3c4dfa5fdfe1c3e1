"""Which orders are proposals that the operator's connector signs."""

from __future__ import annotations

from typing import Any

import pytest

from services.blockchain_connector.domain import MSIG, PROPOSE_LEVEL, Call, is_proposal_order
from services.blockchain_connector.performer.authority import NotPermitted, OperatorAuthority
from tests.integration.chain.support import SoftR1Signer

PRICES = {"account": "tbimarket", "name": "setprices"}
CANCEL = Call(MSIG, "cancel", {"proposer": "tbiadmin", "proposal_name": "a", "canceler": "tbiadmin"})


def propose(*actions: Any, proposer: str = "tbiadmin") -> Call:
    return Call(MSIG, "propose", {"proposer": proposer, "proposal_name": "a", "trx": {"actions": list(actions)}})


def test_changes_of_parameters_and_prices_may_be_proposed_and_taken_back() -> None:
    assert is_proposal_order([propose(PRICES), CANCEL])
    assert is_proposal_order([propose({"account": "tbimarket", "name": "setparams"}, PRICES)])
    signer = SoftR1Signer()
    assert OperatorAuthority({PROPOSE_LEVEL: signer}).levels([CANCEL, propose(PRICES)]) == [PROPOSE_LEVEL] * 2


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [propose()],
        [propose(PRICES, {"account": "eosio", "name": "setcode"})],
        [propose({"account": "tbitoken", "name": "setprices"})],
        [propose(PRICES, proposer="tbigovern1")],
        [propose("junk")],
        [Call(MSIG, "propose", {"proposer": "tbiadmin"})],
        [Call(MSIG, "approve", {"proposer": "tbiadmin"})],
        [Call(MSIG, "exec", {"proposer": "tbiadmin", "executer": "tbiadmin"})],
        [Call(MSIG, "cancel", {"proposer": "tbiadmin", "canceler": "tbigovern1"})],
        [propose(PRICES), Call("tbimarket", "setprices", {})],
    ],
)
def test_nothing_else_is(calls: list[Call]) -> None:
    assert not is_proposal_order(calls)
    if calls:
        with pytest.raises(NotPermitted):
            OperatorAuthority({PROPOSE_LEVEL: SoftR1Signer()}).levels(calls)
