"""Power2X tokens: one per kWh that the EVU took over."""

import pytest

from market import actions
from market.rows import Stat
from tests.unit.market.scenario import END, RETAIN_S, SLOT, SLOT_S, Scenario

MOST = 10


def mint(kwh: int, slot: int = SLOT, market: str = "lem") -> actions.MintP2x:
    return actions.MintP2x(market, slot, kwh)


@pytest.fixture
def taken(run: Scenario) -> Scenario:
    """The EVU took over 3999 Wh: 600 unused of 1000 sold, 3399 swept."""
    run.model.world.stat.put("PTX", Stat(0, MOST, "tbimarket"))
    run.model.world.journal.keep()
    number = run.sell(1000)
    run.do(actions.Award("lem", number), SLOT)
    run.deliver("seller", 4399, 0)
    run.deliver("anna", 0, 400)
    run.do(actions.Settle("lem", number), END)
    run.do(actions.Sweep("lem", SLOT, 1))
    run.do(actions.Sweep("lem", SLOT, 2))
    return run


def test_m_p2x_01_one_per_kwh_that_was_taken_over_and_no_more(taken: Scenario) -> None:
    taken.refused("M-P2X-01", mint(4))
    taken.do(mint(2))
    taken.refused("M-P2X-01", mint(2))
    taken.do(mint(1))
    taken.refused("M-P2X-01", mint(1))
    world = taken.model.world
    assert (world.p2x["tbievu"], world.stat["PTX"].supply) == (3, 3)
    assert taken.books.takeovers[SLOT].minted_wh == 3000


def test_m_p2x_01_only_the_evu_of_an_open_market_something_of_its_slot(taken: Scenario) -> None:
    taken.refused("M-MKT-01", mint(1, market="nomarket"))
    for other in ("seller", "tbiadmin", "tbimarket"):
        taken.refused("M-P2X-01", mint(1), signed=other)
    taken.refused("M-P2X-01", mint(0))
    taken.refused("M-P2X-01", mint(1, slot=SLOT + SLOT_S))


def test_m_p2x_01_not_when_the_slot_is_erased(taken: Scenario) -> None:
    taken.do(actions.Erase("lem", SLOT, 256), END + RETAIN_S)
    taken.refused("M-P2X-01", mint(1))


def test_m_tok_03_the_tokens_maximum_holds(taken: Scenario) -> None:
    taken.model.world.stat.put("PTX", Stat(MOST - 1, MOST, "tbimarket"))
    taken.model.world.journal.keep()
    taken.refused("M-TOK-03", mint(2))
    taken.do(mint(1))


def test_m_tok_02_without_the_token_nothing_is_minted(taken: Scenario) -> None:
    taken.model.world.stat.remove("PTX")
    taken.model.world.journal.keep()
    taken.refused("M-TOK-02", mint(1))
    assert taken.books.takeovers[SLOT].minted_wh == 0
