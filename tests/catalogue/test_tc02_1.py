"""TC02.1 Register unit on the local market."""

from __future__ import annotations

import pytest

from tests.catalogue.world import LEM, MANAGER, UNIT, World


@pytest.fixture(autouse=True)
def _account_is_registered(world: World) -> None:
    """TC01.1 to TC01.4 passed."""
    world.add_account()


def test_tc02_1_ts01_the_dialog_opens(world: World) -> None:
    """A person opens "Registrierung einer Einheit auf dem lokalen Energiemarkt"; here the added units behind it."""
    assert UNIT in [unit["mastr_nr"] for unit in world.items("admin", f"{MANAGER}/units")]
    assert UNIT in [unit["mastr_nr"] for unit in world.items("newcomer", f"{MANAGER}/units")]


def test_tc02_1_ts02_the_unit_is_on_the_chain(world: World) -> None:
    """A person chooses the unit and presses "Einheit registrieren"; on the chain stands a salted hash of its number."""
    if world.market_unit() is None:
        made = world.made("admin", f"{MANAGER}/market/unit", unit_mastr_nr=UNIT, market=LEM)
        assert made["transaction_id"]
    known = world.market_unit()
    assert known is not None
    (row,) = [row for row in world.rows("tbiclsbox", "units", LEM) if row["id"] == known["unit_id"]]
    assert len(row["hash"]) == 64
    assert UNIT not in str(row)
    answer = world.ask("admin", "POST", f"{MANAGER}/market/unit", {"unit_mastr_nr": UNIT, "market": LEM})
    assert answer.status_code == 409
