"""tbitoken: M-TOK."""

import pytest

from tests.contracts.chain_tester import Act, Pushed
from tests.contracts.scene import EUR, ISSUER, Scene, eur, refused

TOO_MUCH = 2**62


def does(scene: Scene, action: str, by: str, **data: object) -> Pushed:
    return scene.chain.push(Act("tbitoken", action, data, [by]))


def tokens(scene: Scene, account: str) -> int:
    rows = scene.rows("tbitoken", "accounts", account)
    return int(rows[0]["balance"].split()[0].replace(".", "")) if rows else 0


def symbol(scene: Scene) -> str:
    """A token of this test's own."""
    return scene.tag.upper() + "TOK"


def asset(scene: Scene, whole: int) -> str:
    return f"{whole}.00 {symbol(scene)}"


@pytest.fixture
def token(scene: Scene) -> str:
    """A token of at most 1000 whole ones, 600 of them issued to its issuer."""
    issuer = scene.account("issuer")
    does(scene, "create", "tbitoken", issuer=issuer, maximum_supply=asset(scene, 1000))
    does(scene, "issue", issuer, to=issuer, quantity=asset(scene, 600), memo="")
    return issuer


def test_m_tok_01_each_action_needs_its_own_authority(scene: Scene, token: str) -> None:
    other = scene.account("other")
    with refused("M-TOK-01"):
        does(scene, "create", token, issuer=token, maximum_supply="1.00 MORE")
    with refused("M-TOK-01"):
        does(scene, "issue", other, to=token, quantity=asset(scene, 1), memo="")
    with refused("M-TOK-01"):
        does(scene, "retire", other, quantity=asset(scene, 1), memo="")
    with refused("M-TOK-01"):
        does(scene, "transfer", other, **{"from": token, "to": other, "quantity": asset(scene, 1), "memo": ""})
    with refused("M-TOK-01"):
        does(scene, "open", token, owner=token, symbol=f"2,{symbol(scene)}", ram_payer=other)
    with refused("M-TOK-01"):
        does(scene, "close", other, owner=token, symbol=f"2,{symbol(scene)}")


def test_m_tok_02_a_quantity_is_above_zero_and_of_the_tokens_precision(scene: Scene, token: str) -> None:
    other = scene.account("other")
    for quantity in (f"0.00 {symbol(scene)}", f"-1.00 {symbol(scene)}", f"1.000 {symbol(scene)}", "1.00 NOSUCH"):
        with refused("M-TOK-02"):
            does(scene, "transfer", token, **{"from": token, "to": other, "quantity": quantity, "memo": ""})
        with refused("M-TOK-02"):
            does(scene, "issue", token, to=token, quantity=quantity, memo="")
        with refused("M-TOK-02"):
            does(scene, "retire", token, quantity=quantity, memo="")


@pytest.mark.parametrize(
    "packed",
    ["ffffffffffffff7f0654455354000000", "01000000000000000654657374000000", "01000000000000000600000000000000"],
    ids=["beyond 2^62", "small letters", "no letters"],
)
def test_m_tok_02_a_malformed_asset_is_refused_by_the_rule(scene: Scene, packed: str) -> None:
    issuer = scene.chain.push(
        Act("tbitoken", "open", {"owner": ISSUER, "symbol": "6,EUR", "ram_payer": ISSUER}, [ISSUER])
    )
    name = issuer.traces[0].data[:16]
    with refused("M-TOK-02"):
        scene.chain.push(Act("tbitoken", "create", name + packed, ["tbitoken"]))


def test_m_tok_02_a_memo_has_at_most_256_bytes(scene: Scene, token: str) -> None:
    other = scene.account("other")
    data = {"from": token, "to": other, "quantity": asset(scene, 1)}
    does(scene, "transfer", token, **data, memo="m" * 256)
    with refused("M-TOK-02"):
        does(scene, "transfer", token, **data, memo="m" * 257)
    with refused("M-TOK-02"):
        does(scene, "transfer", token, **data, memo="ä" * 129)


def test_m_tok_02_a_symbol_is_created_once_for_an_account_that_exists(scene: Scene, token: str) -> None:
    with refused("M-TOK-02"):
        does(scene, "create", "tbitoken", issuer=token, maximum_supply=asset(scene, 5))
    with refused("M-TOK-02"):
        does(scene, "create", "tbitoken", issuer="nobody", maximum_supply="1.00 MORE")


def test_m_tok_02_nobody_sends_to_himself_or_to_nobody(scene: Scene, token: str) -> None:
    for to in (token, "nobody"):
        with refused("M-TOK-02"):
            does(scene, "transfer", token, **{"from": token, "to": to, "quantity": asset(scene, 1), "memo": ""})
    with refused("M-TOK-02"):
        does(scene, "issue", token, to=scene.account("other"), quantity=asset(scene, 1), memo="")


def test_m_tok_03_the_supply_never_exceeds_its_maximum(scene: Scene, token: str) -> None:
    with refused("M-TOK-03"):
        does(scene, "issue", token, to=token, quantity=asset(scene, 401), memo="")
    does(scene, "issue", token, to=token, quantity=asset(scene, 400), memo="")
    does(scene, "retire", token, quantity=asset(scene, 1), memo="")
    stat = scene.rows("tbitoken", "stat", symbol(scene))[0]
    assert stat == {"supply": asset(scene, 999), "max_supply": asset(scene, 1000), "issuer": token}


def test_m_tok_03_a_balance_never_falls_below_zero(scene: Scene, token: str) -> None:
    other = scene.account("other")
    with refused("M-TOK-03"):
        does(scene, "transfer", token, **{"from": token, "to": other, "quantity": asset(scene, 601), "memo": ""})
    with refused("M-TOK-03"):
        does(scene, "transfer", other, **{"from": other, "to": token, "quantity": asset(scene, 1), "memo": ""})
    does(scene, "transfer", token, **{"from": token, "to": other, "quantity": asset(scene, 600), "memo": ""})
    assert scene.rows("tbitoken", "accounts", other) == [{"balance": asset(scene, 600)}]


def test_m_tok_03_only_an_empty_balance_row_is_closed(scene: Scene, token: str) -> None:
    other = scene.account("other")
    kind = f"2,{symbol(scene)}"
    with refused("M-TOK-03"):
        does(scene, "close", token, owner=token, symbol=kind)
    with refused("M-TOK-03"):
        does(scene, "close", other, owner=other, symbol=kind)
    does(scene, "open", other, owner=other, symbol=kind, ram_payer=other)
    does(scene, "open", other, owner=other, symbol=kind, ram_payer=other)
    with refused("M-TOK-02"):
        does(scene, "open", other, owner=other, symbol=f"3,{symbol(scene)}", ram_payer=other)
    does(scene, "close", other, owner=other, symbol=kind)
    assert scene.rows("tbitoken", "accounts", other) == []


def test_m_ram_02_the_sender_pays_a_new_balance_row_unless_the_receiver_has_signed(scene: Scene) -> None:
    sender, receiver, willing = scene.account("sender"), scene.account("receiver"), scene.account("willing")
    scene.give(sender, 5 * EUR)
    scene.send(sender, receiver, EUR)
    data = {"from": sender, "to": willing, "quantity": eur(EUR), "memo": ""}
    scene.chain.push(Act("tbitoken", "transfer", data, [sender, willing]))
    assert scene.chain.payers("tbitoken", receiver, "accounts") == {sender}
    assert scene.chain.payers("tbitoken", willing, "accounts") == {willing}


def test_a_transfer_tells_both_sides(scene: Scene) -> None:
    sender, receiver = scene.account("sender"), scene.account("receiver")
    scene.give(sender, 5 * EUR)
    pushed = scene.send(sender, receiver, EUR)
    assert [trace.receiver for trace in pushed.traces] == ["tbitoken", sender, receiver]
    assert (tokens(scene, sender), tokens(scene, receiver)) == (4 * EUR, EUR)
