import pytest

from market import actions
from tests.unit.market.scenario import EUR, Scenario, opening


def test_m_led_01_a_deposit_is_credited_to_the_depositor(bare: Scenario) -> None:
    bare.deposit("anna", 5 * EUR)
    assert bare.account("anna").available == 5 * EUR


def test_m_led_01_the_memo_names_an_open_market(bare: Scenario) -> None:
    bare.do(actions.Issue("tbievu", EUR))
    bare.refused("M-MKT-01", actions.Transfer("tbievu", "tbimarket", EUR, "nowhere"))


def test_m_led_05_a_stranger_has_no_account(bare: Scenario) -> None:
    bare.do(actions.Issue("tbievu", EUR))
    bare.do(actions.Transfer("tbievu", "stranger", EUR, ""))
    bare.refused("M-LED-05", actions.Transfer("stranger", "tbimarket", EUR, "lem"))


def test_m_led_02_the_owner_withdraws_what_is_available(run: Scenario) -> None:
    run.do(actions.Withdraw("lem", "anna", 4 * EUR))
    assert run.account("anna").available == 6 * EUR
    assert run.model.world.balances["anna"] == 4 * EUR
    run.refused("M-LED-02", actions.Withdraw("lem", "anna", 6 * EUR + 1))
    run.refused("M-LED-02", actions.Withdraw("lem", "anna", 0))
    run.refused("M-LED-02", actions.Withdraw("lem", "anna", EUR), signed="bert")
    run.refused("M-LED-02", actions.Withdraw("lem", "stranger", EUR))


def test_m_led_02_locked_money_stays(run: Scenario) -> None:
    run.sell(1000)
    locked = run.account("anna").locked
    assert locked == 280_000
    run.refused("M-LED-02", actions.Withdraw("lem", "anna", 10 * EUR - locked + 1))


def test_m_led_03_two_markets_keep_their_money_apart(run: Scenario) -> None:
    run.do(opening("other"))
    run.do(actions.RegBox("other", "anna", "PUB_anna"))
    run.do(actions.RegPoint("other", "anna", "anna", "trier", "m"))
    run.deposit("anna", EUR, market="other")
    assert run.account("anna").available == 10 * EUR
    run.refused("M-LED-02", actions.Withdraw("other", "anna", 2 * EUR))


def test_m_tok_01_issue_and_transfer_need_their_authority(bare: Scenario) -> None:
    bare.refused("M-TOK-01", actions.Issue("tbievu", EUR), signed="anna")
    bare.do(actions.Issue("tbievu", EUR))
    bare.refused("M-TOK-01", actions.Transfer("tbievu", "anna", EUR, ""), signed="anna")
    bare.refused("M-TOK-01", actions.Create("tbievu", EUR), signed="tbievu")


@pytest.mark.parametrize(
    "action",
    [
        actions.Create("tbievu", EUR),
        actions.Create("nobody", EUR),
        actions.Create("tbievu", 0),
        actions.Issue("anna", EUR),
        actions.Issue("tbievu", 0),
        actions.Issue("tbievu", EUR, "x" * 257),
        actions.Transfer("tbievu", "tbievu", EUR, ""),
        actions.Transfer("tbievu", "nobody", EUR, ""),
        actions.Transfer("tbievu", "anna", -1, ""),
    ],
)
def test_m_tok_02_senseless_token_actions_are_refused(bare: Scenario, action: actions.Action) -> None:
    bare.refused("M-TOK-02", action)


def test_m_tok_03_supply_and_balances_keep_their_bounds(bare: Scenario) -> None:
    bare.refused("M-TOK-03", actions.Issue("tbievu", 1_000_001 * EUR))
    bare.refused("M-TOK-03", actions.Transfer("anna", "bert", 1, ""))
