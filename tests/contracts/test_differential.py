"""The contracts against the model: random sequences, executed by both.

Each action must fare alike, with the same log, and all tables must be equal.

TBI_SEQUENCES: how many sequences, TBI_SEED: the first one's seed. Markets, people, points and money are there before a
sequence begins; it has 50 actions in the life of one slot, every tenth 160 in two. After it all that is left is
decided, settled and erased.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.contracts.chain_tester import Act, ChainTester, Pushed, Refused
from tests.contracts.moves import Moves
from tests.contracts.scene import ISSUER, deploy_all, eur, letters
from tests.contracts.story import Cast, Step, Story
from tests.contracts.translation import LOGS, act, log_entry, row, tables

SEQUENCES = int(os.environ.get("TBI_SEQUENCES", "300"))
FIRST = int(os.environ.get("TBI_SEED", "0"))
BATCH = 50
"""Sequences on one chain: each is wound up, which takes weeks of its time, and a block's time ends in 2068."""
SHORT = (1, 50, 25)
LONG = (2, 80, 20)
"""Of a sequence: the slots it lives through, actions a slot, actions between two looks at all tables."""
EVERY_LONG = 10
WIND_UP = -1
DAY_S = 86400
SUPPLY = 10**17
_tags = count()


@pytest.fixture
def young_chain() -> Iterator[ChainTester]:
    """A chain whose time has just begun."""
    with ChainTester() as tester:
        deploy_all(tester)
        yield tester


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEQUENCES, BATCH))
def test_contracts_and_model_agree(young_chain: ChainTester, first: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(first, min(first + BATCH, FIRST + SEQUENCES)):
        seen += play(young_chain, seed)
    assert seen["accepted"] > sum(seen.values()) * 0.3, seen


def play(chain: ChainTester, seed: int) -> Counter[str]:
    """One story on both; gives how often each rule spoke."""
    chain.produce((int(chain.now()) // DAY_S + 1) * DAY_S)
    cast, private = people(chain)
    held = balance(chain, "tbimarket")  # by the markets of other tests: all share one token account
    story = Story(seed, cast, int(chain.now()), SUPPLY, held)
    for account, money in story.given.items():
        gift = {"from": ISSUER, "to": account, "quantity": eur(money), "memo": ""}
        chain.push(Act("tbitoken", "transfer", gift, [ISSUER]))
    seen: Counter[str] = Counter()
    story.set_up()
    done = 0
    moves = Moves(story)
    slots, actions, between = SHORT if seed % EVERY_LONG else LONG
    for first in [*range(0, actions, between)] * slots + [WIND_UP]:
        if first == WIND_UP:
            moves.wind_up()
        else:
            moves.live(first, first + between, actions)
        seen += compare_steps(chain, story.steps[done:], private, seed)
        compare_tables(chain, story, held, seed)
        done = len(story.steps)
    return seen


def people(chain: ChainTester) -> tuple[Cast, dict[str, str]]:
    """New accounts, and spare keys with their private halves."""
    cast = Cast(letters(next(_tags)).rjust(3, "a"), {}, [])
    for account in cast.everybody:
        cast.keys[account] = chain.create(account, "R1")
    private = dict(chain.new_key("R1") for _ in range(3))
    cast.spare.extend(private)
    return cast, private


def compare_steps(chain: ChainTester, steps: list[Step], private: dict[str, str], seed: int) -> Counter[str]:
    """Every action is accepted by both, with the same log, or refused by both by the same rule."""
    seen: Counter[str] = Counter()
    for part in parts(steps):
        if part[0].new_key:
            box, key = part[0].new_key
            chain.set_key(box, key, private[key])
            continue
        items = [act(step.action, step.signed) if step.action else step.time for step in part]
        for step, answer in zip(part, chain.push_each(items), strict=True):
            if step.action is None:
                continue
            rule = answer.rule if isinstance(answer, Refused) else None
            assert (rule, str(answer) if rule is None and isinstance(answer, Refused) else "") == (step.rule, ""), (
                f"seed {seed}: {step.action} signed by {step.signed}: model {step.rule or 'yes'}, chain {answer}"
            )
            seen[step.rule or "accepted"] += 1
            if isinstance(answer, Pushed):
                logs = [(trace.name, trace.data) for name in LOGS for trace in answer.named(name)]
                assert logs == [log_entry(event) for event in step.events], f"seed {seed}: {step.action}"
    return seen


def parts(steps: list[Step]) -> list[list[Step]]:
    """The steps cut before and after each change of a key."""
    cut: list[list[Step]] = [[]]
    for step in steps:
        if step.new_key:
            cut += [[step], []]
        else:
            cut[-1].append(step)
    return [part for part in cut if part]


def compare_tables(chain: ChainTester, story: Story, held: int, seed: int) -> None:
    world, people = story.model.world, story.cast.everybody
    expected = tables(world, story.markets, people)
    purses = [("tbitoken", account, "accounts") for account in [*people, "tbimarket"]]
    found = chain.rows_of([*expected, *purses])
    for (place, wanted), rows in zip(expected.items(), found[: len(expected)], strict=True):
        assert rows == wanted, f"seed {seed}: {place}"
    *tokens, market_tokens = [purse(rows) for rows in found[len(expected) :]]
    for account, has in zip(people, tokens, strict=True):
        assert has.get("EUR", 0) == world.balances[account], f"seed {seed}: tokens of {account}"
        assert has.get("PTX", 0) == (world.p2x.get(account) or 0), f"seed {seed}: P2X of {account}"
    ledgers, wanted_tokens = story.model.money()
    assert market_tokens.get("EUR", 0) == wanted_tokens == held + ledgers, f"seed {seed}: M-LED-03"
    for market in story.markets:
        opened = chain.rows("tbimarket", "tbimarket", "markets", lower=market, upper=market)
        wanted_market = world.markets.get(market)
        assert opened == ([row(wanted_market)] if wanted_market else []), f"seed {seed}: {market}"


def purse(rows: list[dict[str, Any]]) -> dict[str, int]:
    """What an account has of each token, in its smallest unit."""
    parts = [row["balance"].split() for row in rows]
    return {symbol: int(number.replace(".", "")) for number, symbol in parts}


def balance(chain: ChainTester, account: str) -> int:
    return purse(chain.rows("tbitoken", account, "accounts")).get("EUR", 0)
