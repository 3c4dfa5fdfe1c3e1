"""One key, one effect: refusals, lost answers, the edges of time."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from services.blockchain_connector.domain import Call, fingerprint
from services.blockchain_connector.performer.outbox import Outbox
from services.blockchain_connector.performer.service import InFlight, KeyReused, NotYetKnown, Refused
from services.shared.chain.errors import (
    AbiError,
    AuthorityMissing,
    ChainError,
    ContractRefused,
    ResourcesExhausted,
    SignerUnavailable,
    SigningRefused,
    TransactionExpired,
)
from services.shared.chain.transaction import SignedTransaction
from tests.unit.services.blockchain_connector.performer.world import BID, World, lose, raising


def test_a_key_has_one_effect_through_restarts(world: World) -> None:
    first = world.performer.submit("k", [BID])
    world.restart()
    assert world.performer.submit("k", [BID]) == first
    assert len(world.chain.sent) == 1
    with pytest.raises(KeyReused):
        world.performer.submit("k", [Call("tbimarket", "bid", {})])
    with pytest.raises(KeyReused):
        world.performer.submit("k", [BID], "irreversible")


def test_who_has_many_is_answered_when_each_was_sent_and_asks_for_its_block_afterwards(world: World) -> None:
    world.chain.on_send = lose
    sent = world.performer.submit("k", [BID], until_sent=True)
    assert (sent.state, sent.is_answered, len(world.chain.sent)) == ("sent", False, 1)
    assert world.performer.submit("k", [BID], until_sent=True) == sent
    with pytest.raises(KeyReused):
        world.performer.submit("k", [Call("tbimarket", "bid", {})], until_sent=True)
    world.chain.on_send = world.chain.include
    confirmed = world.performer.submit("k", [BID])
    assert (confirmed.state, confirmed.transaction_id) == ("confirmed", sent.transaction_id)
    assert len(world.chain.blocks) == 1


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
    world.chain.on_send = raising(error)
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
    world.chain.on_send = raising(ResourcesExhausted("cpu"))
    with pytest.raises(ResourcesExhausted):
        world.performer.submit("k", [BID])
    assert world.outbox.get("k") is None
    world.chain.on_send = world.chain.include
    assert world.performer.submit("k", [BID]).state == "confirmed"


def test_no_second_transaction_while_the_first_may_still_be_included(world: World) -> None:
    world.chain.on_send = lose
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
    world.chain.on_send = lose
    with pytest.raises(NotYetKnown):
        world.performer.submit("k", [BID])
    world.chain.blocks[world.order().transaction_id] = world.chain.head - 1
    world.restart()
    sent = len(world.chain.sent)
    world.performer.work()
    assert world.order().state == "confirmed"
    assert (world.chain.prepared, len(world.chain.sent)) == (1, sent)


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


def test_answered_orders_are_forgotten_after_seven_days_and_others_never(world: World) -> None:
    world.performer.submit("done", [BID])
    world.chain.final = 10
    world.performer.work()
    world.chain.on_send = lose
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


def test_a_fingerprint_is_of_the_content() -> None:
    same = Call("tbimarket", "bid", dict(reversed(list(BID.data.items()))))
    assert fingerprint([BID], "block") == fingerprint([same], "block")
    assert fingerprint([BID], "block") != fingerprint([BID, BID], "block")
    assert fingerprint([BID], "block") != fingerprint([BID], "irreversible")
