"""tbimarket: markets, parameters, prices (M-MKT, M-ADM)."""

from typing import Any

import pytest

from tests.contracts.chain_tester import Act, Refused
from tests.contracts.scene import HORIZON_S, OPERATOR, PARAMS, PRICES, Scene, line, refused


def opening(scene: Scene, **changes: Any) -> Act:
    data = {
        "market": "x" + scene.tag,
        "slot_s": 900,
        "horizon_s": HORIZON_S,
        "until": 0,
        "operator": OPERATOR,
        "evu": "tbievu",
        "params": PARAMS,
        "prices": PRICES,
    }
    by = changes.pop("by", "tbimarket")
    return Act("tbimarket", "openmarket", {**data, **changes}, [by])


def test_m_mkt_02_opening_makes_the_markets_rows(scene: Scene) -> None:
    scene.chain.push(opening(scene, params={**PARAMS, "from_slot": 7}, prices={**PRICES, "from_slot": 7}))
    market = "x" + scene.tag
    assert scene.row("markets", market, scope="tbimarket") == {
        "market": market,
        "slot_s": 900,
        "horizon_s": HORIZON_S,
        "until": 0,
        "operator": OPERATOR,
        "evu": "tbievu",
        "opened_at": scene.opened_at,
        "next_offer": 1,
    }
    assert scene.rows("tbimarket", "params", market) == [{**PARAMS, "from_slot": 0}]
    assert scene.rows("tbimarket", "prices", market) == [{**PRICES, "from_slot": 0}]
    assert scene.rows("tbimarket", "ledger", market) == [
        {"owner": "tbievu", "participant": 0, "available": 0, "locked": 0, "bids": 0}
    ]
    with refused("M-MKT-02"):
        scene.chain.push(opening(scene))


@pytest.mark.parametrize(
    "change",
    [
        {"slot_s": 0},
        {"slot_s": 7},
        {"slot_s": 2 * 86400},
        {"horizon_s": 0},
        {"operator": "nobody"},
        {"evu": "nobody"},
        *(
            {"params": {**PARAMS, **change}}
            for change in (
                {"lead_s": 0},
                {"settle_gap_s": PARAMS["lead_s"] + 1},
                {"min_price": 2, "max_price": 1},
                {"tick": 0},
                {"max_offers": 0},
                {"max_offers": 17},
                {"max_bids": 0},
                {"max_bids": 257},
                {"credit_line": -1},
            )
        ),
    ],
    ids=str,
)
def test_m_mkt_02_bad_values_are_refused(scene: Scene, change: dict[str, Any]) -> None:
    with refused("M-MKT-02"):
        scene.chain.push(opening(scene, **change))
    if "params" in change:
        with refused("M-MKT-02"):
            scene.market_does("setparams", by="tbimarket", params={**change["params"], "from_slot": 10**12 * 900})


def test_m_adm_01_only_the_contracts_own_authority_governs(scene: Scene) -> None:
    with refused("M-ADM-01"):
        scene.chain.push(opening(scene, by=OPERATOR))
    with refused("M-ADM-01"):
        scene.market_does("setparams", by=OPERATOR, params=PARAMS)
    with refused("M-ADM-01"):
        scene.market_does("setprices", by="tbievu", prices=PRICES)


def test_m_adm_01_only_the_contract_logs(scene: Scene) -> None:
    balance = dict.fromkeys(
        [
            "offer",
            "slot",
            "price",
            "sold_wh",
            "delivered_wh",
            "produced_wh",
            "consumed_wh",
            "difference_wh",
            "to_seller",
            "shortfall",
            "penalty",
            "surplus",
            "settled_at",
        ],
        0,
    ) | {"seller": "", "buyer": ""}
    with refused("M-ADM-01"):
        scene.market_does("logaward", by=OPERATOR, offer=1, status=1, buyer="", price=1)
    with refused("M-ADM-01"):
        scene.market_does("logsettle", by=OPERATOR, balance=balance)
    with refused("M-ADM-01"):
        scene.market_does("logsweep", by=OPERATOR, slot=0, point=1, energy_wh=1, amount=1)


def test_m_adm_02_code_changes_by_the_contract_accounts_authority_only(scene: Scene) -> None:
    stranger = scene.account("stranger")
    for account in ("tbitoken", "tbiclsbox", "tbimarket", "tbipool", "consortium"):
        with pytest.raises(Refused, match="missing authority"):
            scene.chain.push(
                Act("eosio", "setcode", {"account": account, "vmtype": 0, "vmversion": 0, "code": ""}, [stranger])
            )


def test_m_adm_03_a_change_holds_from_a_slot_whose_trading_has_not_begun(scene: Scene) -> None:
    now = int(scene.chain.now())
    last_traded = now + HORIZON_S
    for bad in (0, scene.slot, last_traded, last_traded + 901):
        with refused("M-ADM-03"):
            scene.market_does("setprices", by="tbimarket", prices={**PRICES, "from_slot": bad})
        with refused("M-ADM-03"):
            scene.market_does("setparams", by="tbimarket", params={**PARAMS, "from_slot": bad})
    first = last_traded + 900
    for sell in (500_000, 600_000):
        scene.market_does("setprices", by="tbimarket", prices={"from_slot": first, "evu_buy": 1, "evu_sell": sell})
    scene.market_does("setparams", by="tbimarket", params={**PARAMS, "from_slot": first, "tick": 5})
    assert [row["evu_sell"] for row in scene.rows("tbimarket", "prices")] == [400_000, 600_000]
    assert [row["tick"] for row in scene.rows("tbimarket", "params")] == [1000, 5]


def test_m_adm_03_the_evu_buys_no_dearer_than_it_sells(scene: Scene) -> None:
    bad = {"from_slot": 10**6 * 900 * 900, "evu_buy": 2, "evu_sell": 1}
    with refused("M-ADM-03"):
        scene.chain.push(opening(scene, prices=bad))
    with refused("M-ADM-03"):
        scene.market_does("setprices", by="tbimarket", prices=bad)


def test_m_adm_03_a_slot_keeps_the_parameters_it_was_traded_under(scene: Scene) -> None:
    seller = scene.participant("seller", units=1, money=10**9)
    before = int(scene.chain.now()) + HORIZON_S
    scene.market_does(
        "setparams", by="tbimarket", params={**PARAMS, "from_slot": before + 900, "lead_s": 3600, "min_price": 100_000}
    )
    scene.at(scene.opened_at + 3600)
    for slot in (before, before + 900):
        scene.forecast(line(1, (1, 0, 1000)), slot=slot)
    scene.offer(seller, 1, 100, 50_000, slot=before)
    with refused("M-OFF-04"):
        scene.offer(seller, 1, 100, 50_000, slot=before + 900)
    scene.offer(seller, 1, 100, 100_000, slot=before + 900)
    offers = scene.rows("tbimarket", "offers")
    assert [row["closes_at"] - row["slot"] for row in offers] == [-300, -3600]


def test_m_mkt_01_every_action_names_an_open_market(scene: Scene) -> None:
    seller = scene.participant("seller", units=1)
    scene.market = "nomarket"
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("setparams", "tbimarket", {"params": PARAMS}),
        ("setprices", "tbimarket", {"prices": PRICES}),
        ("withdraw", seller, {"owner": seller, "quantity": "1.000000 EUR"}),
        ("forecast", OPERATOR, {"slot": scene.slot, "points": []}),
        (
            "offer",
            seller,
            {"seller": seller, "unit": 1, "slot": scene.slot, "energy_wh": 1, "start_price": 1, "key": 1},
        ),
        ("retract", seller, {"seller": seller, "offer": 1}),
        ("bid", seller, {"bidder": seller, "offer": 1, "price": 1}),
        ("award", seller, {"offer": 1}),
        ("deliver", seller, {"box": seller, "slot": scene.slot, "readings": []}),
        ("settle", seller, {"offer": 1}),
        ("sweep", seller, {"slot": scene.slot, "point": 1}),
        ("erase", seller, {"slot": scene.slot, "limit": 1}),
    ]
    for action, by, data in calls:
        with refused("M-MKT-01"):
            scene.market_does(action, by=by, **data)
