"""Orders that failed for good while nobody waited for their answer."""

from __future__ import annotations

import pytest

from services.blockchain_connector.domain import Order
from services.blockchain_connector.performer.service import NotYetKnown, Refused
from services.shared.chain.errors import (
    ChainUnavailable,
    ContractRefused,
)
from tests.unit.services.blockchain_connector.performer.world import BID, World, lose, raising


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
    world.chain.on_send = lose
    with pytest.raises(NotYetKnown):
        world.performer.submit("k", [BID])
    world.pass_time(40)
    world.performer.work()
    world.chain.on_send = raising(ContractRefused("closed", "M-BID-01"))
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
    world.chain.on_send = raising(ContractRefused("closed", "M-BID-01"))
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
