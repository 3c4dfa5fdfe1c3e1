"""tbimarket: money in and out (M-LED), and the attacks on it."""

from tests.contracts.chain_tester import Act
from tests.contracts.scene import EUR, ISSUER, Scene, eur, refused


def test_m_led_01_a_transfer_of_the_genuine_token_is_the_senders(scene: Scene) -> None:
    buyer = scene.participant("buyer")
    scene.pay_in(buyer, 5 * EUR)
    scene.pay_in(buyer, 1)
    assert scene.row("ledger", buyer) == {
        "owner": buyer,
        "participant": 1,
        "available": 5 * EUR + 1,
        "locked": 0,
        "bids": 0,
    }


def test_m_led_01_another_token_of_tbitoken_is_not_taken(scene: Scene) -> None:
    buyer = scene.participant("buyer")
    symbol = scene.tag.upper() + "X"
    scene.chain.push(Act("tbitoken", "create", {"issuer": buyer, "maximum_supply": f"9.000000 {symbol}"}, ["tbitoken"]))
    scene.chain.push(Act("tbitoken", "issue", {"to": buyer, "quantity": f"9.000000 {symbol}", "memo": ""}, [buyer]))
    data = {"from": buyer, "to": "tbimarket", "quantity": f"1.000000 {symbol}", "memo": scene.market}
    with refused("M-LED-01"):
        scene.chain.push(Act("tbitoken", "transfer", data, [buyer]))


def test_m_led_01_transfers_among_others_do_not_concern_the_market(scene: Scene) -> None:
    buyer, other = scene.participant("buyer"), scene.account("other")
    scene.give(buyer, EUR)
    scene.send(buyer, other, EUR, memo=scene.market)
    assert scene.held() == 0


def test_m_mkt_01_the_memo_names_the_market_letter_by_letter(scene: Scene) -> None:
    buyer = scene.participant("buyer")
    scene.give(buyer, EUR)
    for memo in ("", " ", "nomarket", scene.market.upper(), f"{scene.market} ", f"{scene.market}.", "ä", "a" * 14):
        with refused("M-MKT-01"):
            scene.send(buyer, "tbimarket", EUR, memo)


def test_m_led_02_what_is_available_goes_to_its_owner_only(scene: Scene) -> None:
    buyer, thief = scene.participant("buyer", money=5 * EUR), scene.participant("thief")
    with refused("M-LED-02"):
        scene.market_does("withdraw", by=thief, owner=buyer, quantity=eur(EUR))
    for quantity in ("0.000000 EUR", "-1.000000 EUR", "1.00 EUR", "1.000000 EUX", eur(5 * EUR + 1)):
        with refused("M-LED-02"):
            scene.market_does("withdraw", by=buyer, owner=buyer, quantity=quantity)
    with refused("M-LED-02"):
        scene.market_does("withdraw", by=thief, owner=thief, quantity=eur(1))
    pushed = scene.market_does("withdraw", by=buyer, owner=buyer, quantity=eur(4 * EUR))
    assert [trace.receiver for trace in pushed.named("transfer")] == ["tbitoken"]
    assert scene.money(buyer) == (EUR, 0)
    assert scene.rows("tbitoken", "accounts", buyer) == [{"balance": eur(4 * EUR)}]


def test_m_led_03_what_the_accounts_hold_is_what_the_market_holds(scene: Scene) -> None:
    before = euros(scene)
    held = int(before[0].replace(".", "")) if before else 0
    buyer = scene.participant("buyer", money=5 * EUR)
    scene.pay_in(ISSUER, 3 * EUR)
    scene.market_does("withdraw", by=buyer, owner=buyer, quantity=eur(2 * EUR))
    assert scene.held() == 6 * EUR
    assert [f"{number} EUR" for number in euros(scene)] == [eur(held + 6 * EUR)]


def euros(scene: Scene) -> list[str]:
    """The market's balance of EUR; it issues P2X tokens, too."""
    balances = [row["balance"].split() for row in scene.rows("tbitoken", "accounts", "tbimarket")]
    return [number for number, symbol in balances if symbol == "EUR"]


def test_m_led_05_strangers_have_no_account(scene: Scene) -> None:
    stranger, box = scene.account("stranger"), scene.box("box")
    for who in (stranger, box):
        scene.give(who, EUR)
        with refused("M-LED-05"):
            scene.send(who, "tbimarket", EUR, scene.market)


def test_m_ram_02_the_market_pays_for_its_rows(scene: Scene) -> None:
    buyer = scene.participant("buyer")
    scene.give(buyer, EUR)
    pushed = scene.send(buyer, "tbimarket", EUR, scene.market)
    assert next(trace.ram for trace in pushed.traces if trace.receiver == "tbimarket").keys() == {"tbimarket"}
    for table in ("params", "prices", "ledger"):
        assert scene.chain.payers("tbimarket", scene.market, table) == {"tbimarket"}
