"""tbimarket: Power2X tokens (M-P2X)."""

from typing import Any

import pytest

from tests.contracts.chain_tester import Act
from tests.contracts.scene import EUR, ISSUER, OPERATOR, Scene, reading, refused


@pytest.fixture
def scene(new_scene: Any) -> Scene:
    """A slot in which the EVU has taken over 2999 Wh."""
    scene: Scene = new_scene(params={"retain_s": 0})
    seller = scene.participant("seller", units=1, money=EUR)
    scene.at(scene.end)
    scene.deliver(seller, reading(1, 2999, 0, (1, 2999)))
    scene.sweep(1)
    return scene


def mint(scene: Scene, kwh: int, by: str = ISSUER, slot: int = 0) -> None:
    scene.market_does("mintp2x", by=by, slot=slot or scene.slot, kwh=kwh)


def tokens(scene: Scene, account: str) -> int:
    rows = [row["balance"].split() for row in scene.rows("tbitoken", "accounts", account)]
    return next((int(number) for number, symbol in rows if symbol == "PTX"), 0)


def test_m_p2x_01_one_per_kwh_that_was_taken_over_and_no_more(scene: Scene) -> None:
    before = tokens(scene, ISSUER)
    with refused("M-P2X-01"):
        mint(scene, 3)
    mint(scene, 1)
    mint(scene, 1)
    for kwh in (1, 0, 2**32 - 1):
        with refused("M-P2X-01"):
            mint(scene, kwh)
    assert (tokens(scene, ISSUER), tokens(scene, "tbimarket")) == (before + 2, 0)
    assert scene.row("takeovers", scene.slot)["minted_wh"] == 2000


def test_m_p2x_01_only_the_evu_and_only_in_a_slot_that_is_not_erased(scene: Scene) -> None:
    for stranger in (OPERATOR, scene.name("seller"), "tbimarket"):
        with refused("M-P2X-01"):
            mint(scene, 1, by=stranger)
    with refused("M-P2X-01"):
        mint(scene, 1, slot=scene.slot + scene.slot_s)
    scene.market_does("erase", by=OPERATOR, slot=scene.slot, limit=256)
    with refused("M-P2X-01"):
        mint(scene, 1)


def test_m_p2x_01_nobody_issues_the_token_by_himself(scene: Scene) -> None:
    for to in (ISSUER, "tbimarket"):
        rule = "M-TOK-02" if to == ISSUER else "M-TOK-01"
        with refused(rule):
            scene.chain.push(Act("tbitoken", "issue", {"to": to, "quantity": "1 PTX", "memo": ""}, [ISSUER]))


def test_m_led_01_p2x_tokens_are_no_money_of_the_market(scene: Scene) -> None:
    mint(scene, 1)
    data = {"from": ISSUER, "to": "tbimarket", "quantity": "1 PTX", "memo": scene.market}
    with refused("M-LED-01"):
        scene.chain.push(Act("tbitoken", "transfer", data, [ISSUER]))
