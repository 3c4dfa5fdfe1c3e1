"""Blocks that are undone: by a fork, or by a node that lost them."""

from __future__ import annotations

import pytest

from services.blockchain_connector.performer.service import NotYetKnown, Refused
from services.shared.chain.errors import ContractRefused
from services.shared.chain.model import Receipt
from tests.unit.services.blockchain_connector.performer.world import BID, World, raising


def test_r1_an_order_in_the_newest_block_is_not_answered_yet(world: World) -> None:
    """A node that is killed takes that block with it, and a bid may have been outbid when it is sent again."""
    world.chain.stands_still = True
    with pytest.raises(NotYetKnown):
        world.performer.submit("k", [BID])
    assert world.order().state == "sent"
    world.chain.head += 1
    assert world.performer.submit("k", [BID]).block_num == world.chain.head - 1


def test_r1_an_order_whose_block_was_lost_before_it_was_answered_is_refused_as_the_chain_says(world: World) -> None:
    world.chain.stands_still = True
    with pytest.raises(NotYetKnown):
        world.performer.submit("k", [BID])
    world.chain.blocks.clear()
    world.chain.on_send = raising(ContractRefused("outbid", "M-BID-02"))
    world.chain.final = world.chain.head
    world.pass_time(60)
    with pytest.raises(Refused) as caught:
        world.performer.submit("k", [BID])
    assert caught.value.refusal.rule == "M-BID-02"


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


def test_r1_a_node_without_its_index_of_transactions_does_not_make_an_order_begin_again_and_again(
    world: World,
) -> None:
    """After a kill -9 the node has the block, and its index does not name what is in it."""
    world.performer.submit("k", [BID])
    place = world.order()
    world.chain.blocks.clear()
    world.chain.head = world.chain.final = place.block_num + 5
    world.chain.confirm = lambda signed, *_: Receipt(signed.id, place.block_num, block_id=place.block_id)  # type: ignore[method-assign]
    world.performer.work()
    assert (world.order().final, world.order().transaction_id) == (True, place.transaction_id)
    assert world.outbox.unfinished() == []
