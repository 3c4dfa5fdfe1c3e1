from dataclasses import replace

import pytest

from market import actions
from market.rows import Prices
from tests.unit.market.scenario import CT, GATE, PARAMS, SLOT, SLOT_S, T0, Scenario, open_scenario, opening


def test_m_mkt_01_an_action_names_an_open_market(bare: Scenario) -> None:
    bare.refused("M-MKT-01", actions.RegUnit("nowhere", 1, "pv"))


def test_m_mkt_02_a_market_is_opened_once(bare: Scenario) -> None:
    bare.refused("M-MKT-02", opening())


@pytest.mark.parametrize(
    "change",
    [
        {"slot_s": 0},
        {"slot_s": 7},
        {"horizon_s": 0},
        {"operator": "nobody"},
        {"evu": "nobody"},
    ],
)
def test_m_mkt_02_a_market_with_senseless_values_is_refused(bare: Scenario, change: dict[str, object]) -> None:
    bare.refused("M-MKT-02", opening("other", **change))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lead_s", 0),
        ("settle_gap_s", 901),
        ("min_price", 100 * CT + 1),
        ("tick", 0),
        ("max_offers", 0),
        ("max_offers", 17),
        ("max_bids", 0),
        ("max_bids", 257),
        ("credit_line", -1),
    ],
)
def test_m_mkt_02_senseless_parameters_are_refused(bare: Scenario, field: str, value: int) -> None:
    bare.refused("M-MKT-02", opening("other", params=replace(PARAMS, **{field: value})))


def test_m_adm_01_only_the_markets_own_authority_opens_and_changes(bare: Scenario) -> None:
    bare.refused("M-ADM-01", opening("other"), signed="tbiadmin")
    bare.refused("M-ADM-01", actions.SetParams("lem", PARAMS), signed="tbiadmin")
    bare.refused("M-ADM-01", actions.SetPrices("lem", Prices(0, 1, 2)), signed="tbievu")


def test_m_adm_03_prices_hold_from_their_slot_on(run: Scenario) -> None:
    later = T0 + 7 * 86400 + SLOT_S
    run.do(actions.SetPrices("lem", Prices(later, 9 * CT, 33 * CT)))
    assert [row.from_slot for row in run.books.prices.values()] == [0, later]


@pytest.mark.parametrize(
    "prices",
    [Prices(T0 + 8 * 86400, 2, 1), Prices(SLOT, 1, 2), Prices(T0 + 7 * 86400, 1, 2), Prices(T0 + 8 * 86400 + 1, 1, 2)],
)
def test_m_adm_03_no_change_for_a_slot_whose_trading_has_begun_nor_buy_above_sell(
    bare: Scenario, prices: Prices
) -> None:
    bare.refused("M-ADM-03", actions.SetPrices("lem", prices))


def test_m_adm_03_parameters_hold_from_their_slot_on(run: Scenario) -> None:
    later = T0 + 7 * 86400 + SLOT_S
    run.do(actions.SetParams("lem", replace(PARAMS, from_slot=later, lead_s=1800)))
    run.do(actions.SetParams("lem", replace(PARAMS, from_slot=later, lead_s=2700)))
    assert [row.lead_s for row in run.books.params.values()] == [900, 2700]


def test_m_reg_01_only_the_operator_registers(bare: Scenario) -> None:
    for action in (
        actions.RegBox("lem", "stranger", "PUB_stranger"),
        actions.RegPoint("lem", "stranger", "seller", "trier", "m"),
        actions.RegUnit("lem", 1, "u"),
        actions.ReKey("lem", "seller", "PUB_new"),
    ):
        bare.refused("M-REG-01", action, signed="seller")


def test_m_reg_01_each_is_registered_once(bare: Scenario) -> None:
    bare.refused("M-REG-01", actions.RegBox("lem", "seller", "PUB_seller"))
    bare.refused("M-REG-01", actions.RegPoint("lem", "anna", "anna", "trier", "seller-meter"))
    bare.refused("M-REG-01", actions.RegUnit("lem", 2, "pv"))
    bare.refused("M-REG-01", actions.RegPoint("lem", "nobody", "anna", "trier", "new"))


def test_m_reg_02_a_unit_needs_its_point_and_a_point_its_box(bare: Scenario) -> None:
    bare.refused("M-REG-02", actions.RegUnit("lem", 99, "new"))
    bare.refused("M-REG-02", actions.RegPoint("lem", "anna", "stranger", "trier", "new"))
    bare.refused("M-REG-02", actions.ReKey("lem", "stranger", "PUB_stranger"))


def test_m_reg_03_a_participant_comes_with_his_first_point(bare: Scenario) -> None:
    assert [(row.account, row.points) for row in bare.books.participants.values()] == [
        ("seller", (1,)),
        ("anna", (2,)),
        ("bert", (3,)),
    ]
    bare.do(actions.RegPoint("lem", "anna", "anna", "trier", "second"))
    assert bare.books.participants[2].points == (2, 4)


def test_m_reg_04_a_change_of_key_is_kept_with_its_time(bare: Scenario) -> None:
    bare.model.world.accounts["seller"] = "PUB_new"
    bare.do(actions.ReKey("lem", "seller", "PUB_new"), T0 + 5)
    assert [(row.key, row.since) for row in bare.books.keys.where("box", "seller")] == [
        ("PUB_seller", T0),
        ("PUB_new", T0 + 5),
    ]
    assert bare.books.boxes["seller"].key == "PUB_new"
    bare.refused("M-REG-04", actions.ReKey("lem", "seller", "PUB_new"))


def test_m_reg_05_a_recorded_key_is_the_accounts_own() -> None:
    run = open_scenario()
    run.refused("M-REG-05", actions.RegBox("lem", "stranger", "PUB_seller"))
    run.refused("M-REG-05", actions.RegBox("lem", "nobody", "PUB_nobody"))
    run.refused("M-REG-05", actions.ReKey("lem", "seller", "PUB_other"))


def test_m_ram_03_points_and_units_are_bounded(bare: Scenario) -> None:
    for number in range(7):
        bare.do(actions.RegPoint("lem", "anna", "anna", "trier", f"meter-{number}"))
        bare.do(actions.RegUnit("lem", 1, f"unit-{number}"))
    bare.refused("M-RAM-03", actions.RegPoint("lem", "anna", "anna", "trier", "one more"))
    bare.refused("M-RAM-03", actions.RegUnit("lem", 1, "one more"))


def test_a_box_can_read_where_it_takes_part(bare: Scenario) -> None:
    assert [(row.market, row.point, row.slot_s) for row in bare.model.world.box("anna").boxpoints.values()] == [
        ("lem", 2, SLOT_S)
    ]


def test_m_for_01_only_the_operator_records_forecasts(bare: Scenario) -> None:
    bare.refused("M-FOR-01", actions.RecordForecast("lem", SLOT, ()), signed="seller")


def test_m_for_02_a_forecast_is_for_a_slot_that_can_be_traded(bare: Scenario) -> None:
    item = (actions.PointForecast(1, 0),)
    bare.refused("M-FOR-02", actions.RecordForecast("lem", SLOT + 1, item))
    bare.refused("M-FOR-02", actions.RecordForecast("lem", SLOT, item), now=GATE)
    bare.refused("M-FOR-02", actions.RecordForecast("lem", T0 + 7 * 86400 + SLOT_S, item))


def test_m_off_08_nothing_is_traded_at_or_after_the_markets_end(bare: Scenario) -> None:
    bare.do(opening("short", until=SLOT))
    bare.do(actions.RegBox("short", "seller", "PUB_seller"))
    bare.do(actions.RegPoint("short", "seller", "seller", "trier", "m"))
    bare.refused("M-OFF-08", actions.RecordForecast("short", SLOT, (actions.PointForecast(1, 0),)))
    bare.do(actions.RecordForecast("short", SLOT - SLOT_S, (actions.PointForecast(1, 0),)))


def test_m_for_03_a_revision_never_goes_below_what_is_offered(run: Scenario) -> None:
    run.sell(1500)
    low = (actions.PointForecast(1, 0, (actions.UnitMaximum(1, 1499, 1499),)),)
    run.refused("M-FOR-03", actions.RecordForecast("lem", SLOT, low))
    run.refused("M-FOR-03", actions.RecordForecast("lem", SLOT, (actions.PointForecast(1, 0),)))
    run.forecast(1500)
    assert run.books.forecasts.values()[0].units[0].offered_wh == 1500


def test_m_ram_03_a_forecast_list_is_bounded_and_ascends(bare: Scenario) -> None:
    many = tuple(actions.PointForecast(number, 0) for number in range(1, 34))
    for points in ((), many, (actions.PointForecast(2, 0), actions.PointForecast(1, 0))):
        bare.refused("M-RAM-03", actions.RecordForecast("lem", SLOT, points))
    twice = (actions.UnitMaximum(1, 1, 1), actions.UnitMaximum(1, 1, 1))
    bare.refused("M-RAM-03", actions.RecordForecast("lem", SLOT, (actions.PointForecast(1, 0, twice),)))


def test_m_reg_02_a_forecast_names_registered_points_and_their_units(bare: Scenario) -> None:
    bare.refused("M-REG-02", actions.RecordForecast("lem", SLOT, (actions.PointForecast(99, 0),)))
    foreign = actions.PointForecast(2, 0, (actions.UnitMaximum(1, 1, 1),))
    bare.refused("M-REG-02", actions.RecordForecast("lem", SLOT, (foreign,)))


def test_m_poo_01_a_revised_forecast_changes_the_pool_by_the_difference(bare: Scenario) -> None:
    bare.forecast(2000, consumption_wh=300)
    bare.forecast(1000, consumption_wh=400)
    figures = bare.books.figures.values()[0]
    assert (figures.forecast_generation_wh, figures.forecast_consumption_wh) == (1400, 400)
