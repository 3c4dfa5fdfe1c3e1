"""Participants' accounts: made once, by the node's own account, which signs nothing else."""

from __future__ import annotations

from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.blockchain_connector.domain import Call, UnfitAccount, account_calls
from services.blockchain_connector.performer.accounts import Accounts, AccountTaken
from services.blockchain_connector.performer.authority import BoxAuthority, NotPermitted, OperatorAuthority
from services.blockchain_connector.performer.service import NotYetKnown, Performer, Refused
from services.shared.chain.errors import (
    AuthorityMissing,
    ContractRefused,
    NotFound,
)
from services.shared.chain.keys import r1_public_key
from services.shared.chain.transaction import SignedTransaction
from tests.unit.services.blockchain_connector.performer.world import SIGNER, World, lose, raising


def _r1() -> str:
    return r1_public_key(ec.generate_private_key(ec.SECP256R1()).public_key())


KEY, OTHER_KEY = _r1(), _r1()


def test_the_nodes_own_account_signs_nothing_but_a_participants_account() -> None:
    cloud = OperatorAuthority({("eosio", "accounts"): SIGNER})
    made = account_calls("householdaaa", KEY)
    assert cloud.levels(made) == [("eosio", "accounts")] * 2
    assert cloud.signers(cloud.levels(made)) == [SIGNER]
    newaccount, limits = made
    richer = Call("eosio", "setalimits", {**limits.data, "ram_bytes": -1})
    other = Call("eosio", "setalimits", {**limits.data, "account": "tbimarket"})
    own_owner = Call("eosio", "newaccount", {**newaccount.data, "owner": newaccount.data["active"]})
    for foreign in (
        [newaccount],
        [limits],
        [newaccount, richer],
        [newaccount, other],
        [own_owner, limits],
        [*made, Call("tbitoken", "issue", {"to": "tbievu"})],
        [*made, *made],
    ):
        with pytest.raises(NotPermitted):
            cloud.levels(foreign)
    with pytest.raises(NotPermitted, match="eosio@accounts"):
        OperatorAuthority({}).levels(made)
    with pytest.raises(NotPermitted):
        BoxAuthority(lambda: "box1", SIGNER).levels(made)


@pytest.mark.parametrize(
    "name", ["eosio", "eosio.token", "tbimarket", "tbigovern1", "consortium", "Household", "a.", "", "a" * 13]
)
def test_no_participants_account_takes_a_name_of_the_chains_or_the_markets_own(name: str) -> None:
    with pytest.raises(UnfitAccount, match="account_name"):
        account_calls(name, KEY)


@pytest.mark.parametrize(
    "key",
    ["", "PUB_R1_x", SIGNER.public_key, KEY[:-1] + ("a" if KEY[-1] != "a" else "b")],
    ids=["none", "short", "of the other curve", "mistyped"],
)
def test_an_accounts_key_is_one_of_a_tpm(key: str) -> None:
    with pytest.raises(UnfitAccount, match="public_key"):
        account_calls("householdaaa", key)


class AccountWorld:
    """Accounts on a scripted chain: what is included stands there at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.there: dict[str, dict[str, Any]] = {}
        world.chain.account = self._account  # type: ignore[attr-defined] # the one read that accounts need
        world.performer = Performer(
            world.outbox,
            cast(Any, world.chain),
            OperatorAuthority({("eosio", "accounts"): SIGNER}),
            timeout_s=0.2,
            clock=lambda: world.now,
        )
        self.accounts = Accounts(cast(Any, world.chain), world.performer)

    def stand(self, name: str, key: str) -> None:
        rule = {"threshold": 1, "keys": [{"key": key, "weight": 1}], "accounts": [], "waits": []}
        self.there[name] = {"permissions": [{"perm_name": "active", "required_auth": rule}]}

    def _account(self, name: str) -> dict[str, Any]:
        if name not in self.there:
            raise NotFound(name)
        return self.there[name]


def test_an_account_is_made_once_and_known_again(world: World) -> None:
    made = AccountWorld(world)
    order = made.accounts.make("householdaaa", KEY)
    assert order is not None
    assert order.state == "confirmed"
    made.stand("householdaaa", KEY)
    assert made.accounts.make("householdaaa", KEY) is None
    with pytest.raises(AccountTaken):
        made.accounts.make("householdaaa", OTHER_KEY)
    assert len(world.chain.sent) == 1


def test_a_refusal_of_an_account_is_not_kept(world: World) -> None:
    """Its cause may be gone an hour later, and the chain knows by the name what there is."""
    made = AccountWorld(world)
    world.chain.on_send = raising(AuthorityMissing("no eosio@accounts yet"))
    with pytest.raises(Refused):
        made.accounts.make("householdaaa", KEY)
    world.chain.on_send = world.chain.include
    assert made.accounts.make("householdaaa", KEY) is not None


def test_an_account_that_somebody_else_made_meanwhile_is_as_good(world: World) -> None:
    made = AccountWorld(world)

    def taken(key: str) -> Any:
        def send(_: SignedTransaction) -> None:
            made.stand("householdaaa", key)
            raise ContractRefused("name is already taken")

        return send

    world.chain.on_send = taken(KEY)
    assert made.accounts.make("householdaaa", KEY) is None
    made.there.clear()
    world.chain.on_send = taken(OTHER_KEY)
    with pytest.raises(AccountTaken):
        made.accounts.make("householdaaa", KEY)


def test_an_account_that_was_sent_before_a_crash_is_followed_by_the_outbox(world: World) -> None:
    made = AccountWorld(world)
    world.chain.on_send = lose
    with pytest.raises(NotYetKnown):
        made.accounts.make("householdaaa", KEY)
    world.chain.on_send = world.chain.include
    again = AccountWorld(world)
    world.performer.work()
    world.performer.work()
    assert len(set(world.chain.sent)) == 1
    assert again.accounts.make("householdaaa", KEY) is not None
