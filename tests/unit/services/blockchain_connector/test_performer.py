"""The performer where a real node cannot be made to misbehave: forks, lost answers, the edges of time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.blockchain_connector.domain import Call, Order, UnfitAccount, account_calls, fingerprint, may_write
from services.blockchain_connector.performer.accounts import Accounts, AccountTaken
from services.blockchain_connector.performer.authority import BoxAuthority, NotPermitted, OperatorAuthority
from services.blockchain_connector.performer.outbox import Outbox
from services.blockchain_connector.performer.service import InFlight, KeyReused, NotYetKnown, Performer, Refused
from services.shared.chain.errors import (
    AbiError,
    AuthorityMissing,
    ChainError,
    ChainUnavailable,
    ContractRefused,
    NotFound,
    ResourcesExhausted,
    SignerUnavailable,
    SigningRefused,
    TransactionExpired,
)
from services.shared.chain.keys import r1_public_key
from services.shared.chain.signer import K1Signer
from services.shared.chain.transaction import SignedTransaction
from tests.unit.services.blockchain_connector.scripted import ScriptedChain

BID = Call("tbimarket", "bid", {"market": "lem", "bidder": "box1", "offer": 1, "price": 2})
SIGNER = K1Signer((1).to_bytes(32, "big"))


class World:
    """A performer with its outbox, its chain and its clock; `restart` is what a kill -9 leaves."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "outbox.sqlite"
        self.chain = ScriptedChain()
        self.now = 1000.0
        self.restart()

    def restart(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
        self.outbox = Outbox(self.file)
        self.performer = Performer(
            self.outbox,
            cast(Any, self.chain),
            BoxAuthority(lambda: "box1", SIGNER),
            timeout_s=0.2,
            clock=lambda: self.now,
        )

    def order(self, key: str = "k") -> Order:
        found = self.outbox.get(key)
        assert found is not None
        return found

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.chain.time += seconds


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.outbox.close()


def _lose(_: SignedTransaction) -> None:
    """The node takes it, and it is never seen again."""


def _raising(error: Exception) -> Any:
    def send(_: SignedTransaction) -> None:
        raise error

    return send


def test_a_key_has_one_effect_through_restarts(world: World) -> None:
    first = world.performer.submit("k", [BID])
    world.restart()
    assert world.performer.submit("k", [BID]) == first
    assert len(world.chain.sent) == 1
    with pytest.raises(KeyReused):
        world.performer.submit("k", [Call("tbimarket", "bid", {})])
    with pytest.raises(KeyReused):
        world.performer.submit("k", [BID], "irreversible")


@pytest.mark.parametrize(
    ("error", "status", "rule"),
    [
        (ContractRefused("too low", "M-BID-02"), 409, "M-BID-02"),
        (ContractRefused("overdrawn"), 409, None),
        (AuthorityMissing("key"), 403, None),
        (ChainError("strange"), 502, None),
    ],
)
def test_a_refusal_is_kept(world: World, error: Exception, status: int, rule: str | None) -> None:
    world.chain.on_send = _raising(error)
    with pytest.raises(Refused) as first:
        world.performer.submit("k", [BID])
    world.restart()
    world.chain.on_send = world.chain.include
    with pytest.raises(Refused) as second:
        world.performer.submit("k", [BID])
    assert first.value.refusal == second.value.refusal
    assert (first.value.refusal.status, first.value.refusal.rule) == (status, rule)
    assert not world.chain.blocks


def test_a_signer_that_refuses_is_final_one_that_is_away_is_not(world: World) -> None:
    world.chain.on_prepare = lambda: _raise(SigningRefused("not mine"))
    with pytest.raises(Refused) as refused:
        world.performer.submit("k", [BID])
    assert refused.value.refusal.status == 403
    world.chain.on_prepare = lambda: _raise(SignerUnavailable("away"))
    with pytest.raises(SignerUnavailable):
        world.performer.submit("other", [BID])
    assert world.outbox.get("other") is None
    world.chain.on_prepare = lambda: None
    assert world.performer.submit("other", [BID]).state == "confirmed"


def _raise(error: Exception) -> None:
    raise error


def test_what_cannot_be_packed_never_enters_the_outbox(world: World) -> None:
    world.chain.on_pack = lambda: _raise(AbiError("no"))
    with pytest.raises(AbiError):
        world.performer.submit("k", [BID])
    assert world.outbox.get("k") is None


def test_a_refusal_that_another_node_gives_after_silence_proves_nothing(world: World) -> None:
    """The first node took it without an answer; the second one refuses. It stands in a block: confirmed."""
    refusal = ContractRefused("too low", "M-BID-02")
    refusal.uncertain = True

    def taken_and_refused(signed: SignedTransaction) -> None:
        world.chain.include(signed)
        raise refusal

    world.chain.on_send = taken_and_refused
    assert world.performer.submit("k", [BID]).state == "confirmed"


def test_expired_on_sending_is_looked_up_not_believed(world: World) -> None:
    def taken_and_expired(signed: SignedTransaction) -> None:
        world.chain.include(signed)
        raise TransactionExpired("late")

    world.chain.on_send = taken_and_expired
    assert world.performer.submit("k", [BID]).state == "confirmed"


def test_exhausted_resources_leave_nothing_behind(world: World) -> None:
    world.chain.on_send = _raising(ResourcesExhausted("cpu"))
    with pytest.raises(ResourcesExhausted):
        world.performer.submit("k", [BID])
    assert world.outbox.get("k") is None
    world.chain.on_send = world.chain.include
    assert world.performer.submit("k", [BID]).state == "confirmed"


def test_no_second_transaction_while_the_first_may_still_be_included(world: World) -> None:
    world.chain.on_send = _lose
    with pytest.raises(NotYetKnown):
        world.performer.submit("k", [BID])
    first = world.order().transaction_id
    for _ in range(3):
        world.restart()
        world.performer.work()
    assert set(world.chain.sent) == {first}, "the same bytes only"
    world.pass_time(31)
    world.performer.work()
    assert world.chain.prepared == 1, "its expiration is not certain yet"
    world.pass_time(2)
    world.performer.work()
    world.performer.work()
    assert world.chain.prepared == 2
    world.chain.on_send = world.chain.include
    world.performer.work()
    world.performer.work()
    assert world.order().state == "confirmed"
    assert world.order().transaction_id != first
    assert len(world.chain.blocks) == 1


def test_after_a_restart_it_looks_before_it_signs(world: World) -> None:
    """Sent, included, killed before the answer was read."""
    world.chain.on_send = _lose
    with pytest.raises(NotYetKnown):
        world.performer.submit("k", [BID])
    world.chain.blocks[world.order().transaction_id] = 10
    world.restart()
    sent = len(world.chain.sent)
    world.performer.work()
    assert world.order().state == "confirmed"
    assert (world.chain.prepared, len(world.chain.sent)) == (1, sent)


def test_an_order_that_nobody_could_send_in_time_is_a_dead_letter(world: World) -> None:
    world.outbox.accept(Order("k", (BID,), "block", valid_until=world.now + 60), world.now)
    world.chain.away = ChainUnavailable("away")
    world.performer.work()
    assert world.order().state == "pending"
    world.pass_time(61)
    world.performer.work()
    (letter,) = world.performer.dead_letters()
    assert (letter.key, letter.failed_at, letter.refusal and letter.refusal.status) == ("k", 1061.0, 503)
    assert world.performer.counts() == (0, 1)
    world.chain.away = None
    assert world.performer.submit("k", [BID]).state == "confirmed", "who asks again is not refused"
    assert world.performer.counts() == (1, 0)


def _refused_unheard(world: World) -> Order:
    """Sent, its asker gone, undone by a fork, and refused when it is sent anew."""
    world.chain.on_send = _lose
    with pytest.raises(NotYetKnown):
        world.performer.submit("k", [BID])
    world.pass_time(40)
    world.performer.work()
    world.chain.on_send = _raising(ContractRefused("closed", "M-BID-01"))
    world.performer.work()
    (letter,) = world.performer.dead_letters()
    return letter


def test_a_refusal_that_nobody_heard_is_a_dead_letter_until_somebody_asks(world: World) -> None:
    letter = _refused_unheard(world)
    assert (letter.refusal and letter.refusal.rule, letter.told) == ("M-BID-01", False)
    world.restart()
    assert [order.id for order in world.performer.dead_letters()] == [letter.id]
    with pytest.raises(Refused):
        world.performer.submit("k", [BID])
    assert world.performer.dead_letters() == []
    assert world.performer.retry(letter.id) is None, "whoever asked knows; a new order takes a new key"


def test_a_refusal_that_was_answered_is_no_dead_letter(world: World) -> None:
    world.chain.on_send = _raising(ContractRefused("closed", "M-BID-01"))
    with pytest.raises(Refused):
        world.performer.submit("k", [BID])
    assert world.performer.dead_letters() == []


def test_a_dead_letter_that_is_retried_takes_effect_once(world: World) -> None:
    letter = _refused_unheard(world)
    world.chain.on_send, world.chain.sent = world.chain.include, []
    assert world.performer.retry("0" * 32) is None
    for _ in range(3):
        again = world.performer.retry(letter.id)
        assert again is not None
        assert again.state in ("pending", "confirmed")
        world.performer.work()
        world.performer.work()
    assert len(world.chain.sent) == 1
    assert world.performer.submit("k", [BID]).state == "confirmed"


def test_a_fork_is_seen_at_once_by_the_blocks_id(world: World) -> None:
    order = world.performer.submit("k", [BID])
    world.chain.head += 3  # nothing is irreversible yet
    world.chain.block_ids[order.block_num] = "ff" * 32
    del world.chain.blocks[order.transaction_id]
    world.performer.work()
    assert world.chain.sent == [order.transaction_id] * 2, "the same bytes again"
    assert world.order().state == "sent"
    world.performer.work()
    assert world.order().state == "confirmed"


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "outbox.sqlite")
    old.executescript(
        "CREATE TABLE orders (key TEXT PRIMARY KEY, calls TEXT NOT NULL, confirm TEXT NOT NULL, valid_until REAL NOT"
        " NULL, accepted_at REAL NOT NULL, state TEXT NOT NULL DEFAULT 'pending', packed BLOB NOT NULL DEFAULT x'',"
        " signatures TEXT NOT NULL DEFAULT '[]', transaction_id TEXT NOT NULL DEFAULT '', block_num INTEGER NOT NULL"
        " DEFAULT 0, final INTEGER NOT NULL DEFAULT 0, refusal TEXT) STRICT;"
        "INSERT INTO orders (key, calls, confirm, valid_until, accepted_at, state, refusal) VALUES"
        " ('k', '[]', 'block', 1, 1, 'refused', '[409, \"no\", null]');"
    )
    old.close()
    outbox = Outbox(tmp_path / "outbox.sqlite")
    known = outbox.get("k")
    assert known is not None
    assert (known.told, known.block_id, outbox.dead_letters()) == (True, "", [])
    outbox.close()


def test_a_fork_undoes_a_block_and_the_order_gets_into_another(world: World) -> None:
    world.performer.submit("k", [BID])
    first = world.order()
    world.chain.blocks.clear()
    world.chain.head, world.chain.final = 12, 11
    world.performer.work()
    assert world.order().state == "sent"
    assert world.chain.sent == [first.transaction_id] * 2, "sent again, not signed again"
    world.performer.work()
    assert (world.order().block_num, world.order().final) == (12, False)
    world.chain.final = 12
    world.performer.work()
    assert world.order().final
    assert world.outbox.unfinished() == []


def test_an_order_whose_block_was_lost_and_which_expired_begins_anew(world: World) -> None:
    world.performer.submit("k", [BID])
    first = world.order().transaction_id
    world.chain.blocks.clear()
    world.chain.final = 11
    world.pass_time(60)
    for _ in range(3):
        world.performer.work()
    assert world.order().state == "confirmed"
    assert world.order().transaction_id != first


def test_a_node_that_lost_blocks_is_noticed_by_its_head(world: World) -> None:
    """After a hard replay the head may lie below the order's block."""
    world.performer.submit("k", [BID])
    world.chain.blocks.clear()
    world.chain.head, world.chain.final = 8, 8
    world.performer.work()
    assert world.order().state == "sent"


def test_answered_orders_are_forgotten_after_seven_days_and_others_never(world: World) -> None:
    world.performer.submit("done", [BID])
    world.chain.final = 10
    world.performer.work()
    world.chain.on_send = _lose
    with pytest.raises(NotYetKnown):
        world.performer.submit("open", [BID])
    world.now += 7 * 24 * 3600 - 1
    world.performer.work()
    assert world.outbox.get("done") is not None
    world.now += 2
    world.performer.work()
    assert world.outbox.get("done") is None
    assert world.outbox.get("open") is not None


def test_two_threads_with_one_key_are_one_order(world: World) -> None:
    inside, go = threading.Event(), threading.Event()

    def slow(signed: SignedTransaction) -> None:
        inside.set()
        go.wait(5)
        world.chain.include(signed)

    world.chain.on_send = slow
    first = threading.Thread(target=world.performer.submit, args=("k", [BID]))
    first.start()
    assert inside.wait(5)
    with pytest.raises(InFlight):
        world.performer.submit("k", [BID])
    with pytest.raises(KeyReused):
        world.performer.submit("k", [Call("tbimarket", "bid", {})])
    world.performer.work()
    go.set()
    first.join(5)
    assert len(world.chain.sent) == 1


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


def test_a_fingerprint_is_of_the_content() -> None:
    same = Call("tbimarket", "bid", dict(reversed(list(BID.data.items()))))
    assert fingerprint([BID], "block") == fingerprint([same], "block")
    assert fingerprint([BID], "block") != fingerprint([BID, BID], "block")
    assert fingerprint([BID], "block") != fingerprint([BID], "irreversible")


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


def test_a_service_has_its_own_actions_written_only() -> None:
    forecast = Call("tbimarket", "forecast", {})
    register = Call("tbiclsbox", "regbox", {})
    assert may_write("background-manager-logic", [forecast, register])
    assert may_write("forecast-connector", [forecast, forecast])
    assert not may_write("forecast-connector", [forecast, register])
    assert not may_write("mastr-connector", [forecast])


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
    world.chain.on_send = _raising(AuthorityMissing("no eosio@accounts yet"))
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
    world.chain.on_send = _lose
    with pytest.raises(NotYetKnown):
        made.accounts.make("householdaaa", KEY)
    world.chain.on_send = world.chain.include
    again = AccountWorld(world)
    world.performer.work()
    world.performer.work()
    assert len(set(world.chain.sent)) == 1
    assert again.accounts.make("householdaaa", KEY) is not None
