"""The contracts against the model: random sequences, executed by both.

Each action must fare alike, with the same log, and all tables must be equal.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest

from tests.contracts.chain_tester import Act, ChainTester, Pushed, Refused
from tests.contracts.moves import Moves
from tests.contracts.scene import ISSUER, deploy_all, eur, letters
from tests.contracts.story import Cast, Step, Story
from tests.contracts.translation import LOGS, act, log_entry, row, tables

SEQUENCES = int(os.environ.get("TBI_SEQUENCES", "240"))
SLOTS_EACH = 2
ACTIONS_A_SLOT = 80
ACTIONS_BETWEEN_LOOKS = 20
WIND_UP = -1
DAY_S = 86400
BATCH = 20
"""Stories on one chain: each is wound up, which takes months of its time, and a block's time ends in 2068."""
SUPPLY = 10**17
_tags = count()


@pytest.fixture
def young_chain() -> Iterator[ChainTester]:
    """A chain whose time has just begun."""
    with ChainTester() as tester:
        deploy_all(tester)
        yield tester


@pytest.mark.parametrize("first", range(0, SEQUENCES, BATCH))
def test_contracts_and_model_agree(young_chain: ChainTester, first: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(first, min(first + BATCH, SEQUENCES)):
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
    for first in [*range(0, ACTIONS_A_SLOT, ACTIONS_BETWEEN_LOOKS)] * SLOTS_EACH + [WIND_UP]:
        if first == WIND_UP:
            moves.wind_up()
        else:
            moves.live(first, first + ACTIONS_BETWEEN_LOOKS, ACTIONS_A_SLOT)
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
    expected = tables(story.model.world, story.markets, story.cast.everybody)
    for (place, wanted), found in zip(expected.items(), chain.rows_of(expected), strict=True):
        assert found == wanted, f"seed {seed}: {place}"
    for account in story.cast.everybody:
        assert balance(chain, account) == story.model.world.balances[account], f"seed {seed}: tokens of {account}"
        assert balance(chain, account, "PTX") == (story.model.world.p2x.get(account) or 0), f"seed {seed}: P2X"
    ledgers, tokens = story.model.money()
    assert balance(chain, "tbimarket") == tokens == held + ledgers, f"seed {seed}: M-LED-03"
    for market in story.markets:
        opened = chain.rows("tbimarket", "tbimarket", "markets", lower=market, upper=market)
        wanted_market = story.model.world.markets.get(market)
        assert opened == ([row(wanted_market)] if wanted_market else []), f"seed {seed}: {market}"


def balance(chain: ChainTester, account: str, symbol: str = "EUR") -> int:
    rows = [row["balance"].split() for row in chain.rows("tbitoken", account, "accounts")]
    return next((int(number.replace(".", "")) for number, of in rows if of == symbol), 0)
