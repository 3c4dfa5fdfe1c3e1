"""R8, P7: four producers; a fork, one lost, one behind. Nothing lost, nothing doubled, by the chain's own blocks.

A round of four producers takes 24 s and finality some 20 s, so one story is played once, and each test looks at what it
left: a producer is cut off and goes on alone; it is killed; it comes back behind the others; it is joined again.
Meanwhile orders are given over HTTP, at a connector on either side of the parting and at one that knows all nodes, and
bids are made. With TBI_FORK=two, two producers are parted from the other two, and the end waits for finality.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.network.four_producers.people import Auction, Customer
from tests.integration.network.support import NAMES, Network

TWO_AGAINST_TWO = os.environ.get("TBI_FORK") == "two"  # longer: finality stands still until they come together
LEFT, RIGHT = (NAMES[0::2], NAMES[1::2]) if TWO_AGAINST_TWO else (NAMES[:3], NAMES[3:])
LOST = "partnerd"


@dataclass
class Story:
    """What happened: numbers of blocks, and what the streams told."""

    network: Network
    customers: dict[str, Customer]
    connectors: dict[str, Connector]
    auction: Auction
    first: int = 0
    heads_apart: dict[str, str] = field(default_factory=dict)
    parted_from: int = 0
    lost_at: int = 0
    bids_without_it: list[int] = field(default_factory=list)
    conditions_of_lost: list[str] = field(default_factory=list)
    conditions_behind: list[str] = field(default_factory=list)
    answered_while_behind: int = 0
    back_after_s: float = 0.0
    last: int = 0
    final: int = 0

    @cached_property
    def blocks(self) -> list[dict[str, Any]]:
        client = self.network.nodes["partnera"].client
        return [client.block(number) for number in range(self.first, self.last + 1)]

    def given(self) -> Counter[str]:
        return Counter(memo for customer in self.customers.values() for memo in customer.given)

    def in_blocks(self, last: int) -> list[str]:
        """The orders' memos in the chain's own blocks, in its order."""
        return [
            action["data"]["memo"]
            for block in self.blocks
            if block["number"] <= last
            for trace in block["transactions"]
            for action in trace.actions
            if (action["account"], action["name"], action["receiver"]) == ("tbitoken", "issue", "tbitoken")
        ]


def play(story: Story) -> None:
    network = story.network
    story.first = network.heads()["partnera"].head_block_num
    for customer in story.customers.values():
        customer.start()
    _part(story)
    if not TWO_AGAINST_TWO:
        _go_on_without(story)
    _lose(story)
    if TWO_AGAINST_TWO:
        _go_on_without(story)
    _one_behind(story)
    _hear_all_answers(story)
    story.last = max(info.head_block_num for info in network.heads().values())
    if TWO_AGAINST_TWO:
        wait_until(lambda: network.final() >= story.last, 60, every=0.25, what="finality of the whole story")
    story.final = network.final()


def _hear_all_answers(story: Story) -> None:
    for customer in story.customers.values():
        customer.stop()
    for customer in story.customers.values():
        for memo in customer.unanswered():
            wait_until(
                lambda m=memo, c=customer: c.ask(m) or m in c.answers, 60, every=0.5, what=f"an answer to {memo}"
            )


def _part(story: Story) -> None:
    network = story.network
    network.part(*RIGHT)
    story.parted_from = story.lost_at = max(info.head_block_num for info in network.heads().values())

    def both_have_gone_on() -> bool:
        heads = network.heads()
        story.heads_apart = {name: info.head_block_id for name, info in heads.items()}
        went_on = all(info.head_block_num > story.parted_from + 4 for info in heads.values())
        ordered = all(len(story.customers[side].answers) > 2 for side in ("left", "right"))
        return went_on and ordered

    wait_until(both_have_gone_on, 60, every=0.25, what="blocks and orders on both sides")


def _go_on_without(story: Story) -> None:
    """R8."""

    def final_goes_on() -> bool:
        if len(story.bids_without_it) < 5:
            story.bids_without_it.append(story.auction.bid())
        return story.network.final() > story.lost_at + 2

    wait_until(final_goes_on, 70, every=0.25, what="finality without the lost producer")


def _lose(story: Story) -> None:
    """With `kill -9`; where two stood against two, after they have come together again."""
    network = story.network
    if TWO_AGAINST_TWO:
        network.join()
        wait_until(network.agree, 40, every=0.25, what="one chain again")
        story.lost_at = max(info.head_block_num for info in network.heads().values())
    network.nodes[LOST].kill_all()
    alone = story.connectors["right"]  # its node is dead: what it sent there, it must find or send elsewhere
    alone.process.kill()
    alone.point_to(*network.urls(LOST, *NAMES[:3]))
    alone.start()
    wait_until(lambda: conditions(story)[0] == "silent", 10, every=0.25, what="its silence noticed")
    story.conditions_of_lost = conditions(story)


def _one_behind(story: Story) -> None:
    """It comes back behind cut wires: it answers, with an old head. Then the wires are mended."""
    network = story.network
    node = network.nodes[LOST]
    network.part(LOST)
    node.begin()
    wait_until(lambda: node.info() is not None, 60, every=0.25, what="the lost node's API")
    wait_until(lambda: conditions(story)[0] == "lagging", 10, every=0.25, what="its lag noticed")
    story.conditions_behind = conditions(story)
    before = len(story.customers["all"].answers)
    wait_until(lambda: len(story.customers["all"].answers) > before + 2, 20, what="orders past the node that lags")
    story.answered_while_behind = len(story.customers["all"].answers) - before
    network.join()
    began = time.monotonic()
    wait_until(network.agree, 60, every=0.25, what="the lost node at the others' head")
    story.back_after_s = time.monotonic() - began


def conditions(story: Story) -> list[str]:
    """Of the nodes of the connector that knows all, the lost one first."""
    return [node["condition"] for node in story.connectors["all"].get("/reader/nodes").json()["items"]]
