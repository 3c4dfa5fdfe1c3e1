"""Who may have what written, and who signs it."""

from __future__ import annotations

import pytest

from services.blockchain_connector.domain import Call, may_write
from services.blockchain_connector.performer.authority import BoxAuthority, NotPermitted, OperatorAuthority
from services.shared.chain.key_file import K1Signer
from tests.unit.services.blockchain_connector.performer.world import BID, SIGNER


def test_authorization_is_never_the_callers_choice() -> None:
    box = BoxAuthority(lambda: "box1", SIGNER)
    assert box.levels([BID, BID]) == [("box1", "active")] * 2
    assert box.signers(box.levels([BID])) == [SIGNER]
    with pytest.raises(NotPermitted):
        box.levels([Call("eosio", "updateauth", {})])


def test_the_operator_signs_each_kind_of_action_with_its_own_permission() -> None:
    levels = {("tbiadmin", "register"): SIGNER, ("tbievu", "active"): K1Signer((2).to_bytes(32, "big"))}
    cloud = OperatorAuthority(levels)
    register = Call("tbiclsbox", "regbox", {})
    for action in ("rekey", "regpoint", "regunit"):
        assert cloud.levels([Call("tbiclsbox", action, {})]) == [("tbiadmin", "register")]
    for contract, action, actor in (
        ("tbitoken", "issue", "to"),
        ("tbitoken", "transfer", "from"),
        ("tbimarket", "bid", "bidder"),
        ("tbimarket", "offer", "seller"),
        ("tbimarket", "retract", "seller"),
        ("tbimarket", "withdraw", "owner"),
        ("tbimarket", "passdrop", "party"),
        ("tbimarket", "passend", "party"),
    ):
        assert cloud.levels([Call(contract, action, {actor: "tbievu"})]) == [("tbievu", "active")]
        with pytest.raises(NotPermitted):
            cloud.levels([Call(contract, action, {actor: "somebody"})])
    for alone in ("passpropose", "mintp2x"):
        assert cloud.levels([Call("tbimarket", alone, {})]) == [("tbievu", "active")]
    issue = Call("tbitoken", "issue", {"to": "tbievu"})
    assert cloud.levels([register, issue]) == [("tbiadmin", "register"), ("tbievu", "active")]
    assert len(cloud.signers(cloud.levels([register, register, issue]))) == 2
    for foreign in (
        Call("tbimarket", "passclear", {}),  # as the next
        Call("tbimarket", "award", {}),  # the keeper's key is not here
        Call("tbimarket", "setprices", {}),  # the governors' business
        Call("tbitoken", "transfer", {"from": "somebody"}),
        Call("eosio", "setcode", {}),
    ):
        with pytest.raises(NotPermitted):
            cloud.levels([foreign])


def test_a_service_has_its_own_actions_written_only() -> None:
    forecast = Call("tbimarket", "forecast", {})
    register = Call("tbiclsbox", "regbox", {})
    assert may_write("background-manager-logic", [forecast, register])
    assert may_write("forecast-connector", [forecast, forecast])
    assert not may_write("forecast-connector", [forecast, register])
    assert not may_write("mastr-connector", [forecast])
