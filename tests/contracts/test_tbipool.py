"""tbipool: M-POO."""

from tests.contracts.scene import OPERATOR, Scene, line, reading, refused


def test_m_poo_01_only_the_market_writes_figures(scene: Scene) -> None:
    for who in (OPERATOR, "tbievu", "tbipool", "tbiclsbox"):
        with refused("M-POO-01"):
            scene.does("tbipool", "addforecast", who, slot=0, group="groupa", generation_wh=1, consumption_wh=1)
        with refused("M-POO-01"):
            scene.does("tbipool", "addmeasured", who, slot=0, group="groupa", fed_in_wh=1, consumed_wh=1)
        with refused("M-POO-01"):
            scene.does("tbipool", "addtraded", who, slot=0, group="groupa", energy_wh=1)


def test_m_poo_01_each_figure_follows_from_the_other_contracts_actions(scene: Scene) -> None:
    seller = scene.participant("seller", units=1, money=10**9, group="groupb")
    buyer = scene.participant("buyer", money=10**9, group="groupa")
    scene.forecast(line(1, (1, 900, 1000), consumption=30), line(2, consumption=70))
    scene.forecast(line(1, (1, 800, 1000), consumption=40))
    offer = scene.offer(seller, 1, 600)
    scene.bid(buyer, offer, 200_000)
    scene.at(scene.gate)
    scene.award(offer)
    scene.at(scene.end)
    scene.deliver(buyer, reading(2, 5, 700))
    scene.deliver(seller, reading(1, 620, 10, (1, 650)))
    assert scene.rows("tbipool", "groups") == [{"id": 1, "group": "groupb"}, {"id": 2, "group": "groupa"}]
    sellers, buyers = scene.rows("tbipool", "figures")
    assert sellers == {
        "key": scene.slot << 32 | 1,
        "forecast_generation_wh": 800,
        "forecast_consumption_wh": 40,
        "fed_in_wh": 620,
        "consumed_wh": 10,
        "traded_wh": 600,
        "residual_wh": 610,
    }
    assert buyers == {
        "key": scene.slot << 32 | 2,
        "forecast_generation_wh": 0,
        "forecast_consumption_wh": 70,
        "fed_in_wh": 5,
        "consumed_wh": 700,
        "traded_wh": 0,
        "residual_wh": -695,
    }
    by_name = scene.rows("tbipool", "groups", index=2, key_type="name", lower="groupa", upper="groupa")
    assert [row["id"] for row in by_name] == [2]


def test_m_ram_02_the_pool_pays_for_its_rows(scene: Scene) -> None:
    scene.participant("seller", units=1)
    pushed = scene.forecast(line(1, (1, 900, 1000)))
    assert pushed.named("addforecast")[0].ram.keys() == {"tbipool"}
    for table in ("groups", "figures"):
        assert scene.chain.payers("tbipool", scene.market, table) == {"tbipool"}
