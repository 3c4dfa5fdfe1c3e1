"""A settlement is exported from a real node and checked when the node is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auditor.settlement.statement import iso
from cli.settlement import HOLDS, UNKNOWN, WRONG, settlement
from tests.integration.chain.support import Chain, Trader, start_chain

SLOT_S = 4
PRICE = 210_000


def run(*arguments: str) -> Result:
    return CliRunner().invoke(settlement, list(arguments))


@dataclass
class Traded:
    """A slot in which all is settled: two offers and a deal, less delivered than sold and less used than bought."""

    chain: Chain
    folder: Path
    market: str
    slot: int
    seller: Trader
    buyer: Trader

    def export(self, folder: str, begin: int, end: int, *accounts: str) -> Result:
        return run(
            *("export", "--market", self.market, "--from", iso(begin), "--to", iso(end)),
            *(word for account in accounts for word in ("--account", account)),
            *("--node", self.chain.node.url, "--genesis", str(self.chain.node.folder / "genesis.json")),
            *("--key", str(self.folder / "operator.pem"), "--out", str(self.folder / folder)),
        )


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traded]:
    folder = tmp_path_factory.mktemp("settlement")
    chain = start_chain(folder, lambda _line: None)
    try:
        yield trade(chain, folder)
    finally:
        chain.node.stop()


def trade(chain: Chain, folder: Path) -> Traded:
    market = chain.open_market(slot_s=SLOT_S, deadline_s=600)
    seller = chain.trader(market, units=2)
    buyer = chain.trader(market)
    slot = (int(chain.now()) // SLOT_S + 3) * SLOT_S
    first, second = seller.registered.units.values()
    units = [{"unit": unit, "generation_wh": 3000, "max_wh": 3000} for unit in (first, second)]
    line = {"point": seller.point, "consumption_wh": 0, "units": units}
    chain.as_operator("forecast", "tbimarket", "forecast", market=market, slot=slot, points=[line])

    def order(who: Trader, name: str, **data: object) -> None:
        chain.push_as(who, "tbimarket", name, market=market, **data)

    for key, energy in enumerate((1000, 500)):
        offer = {"unit": first, "slot": slot, "energy_wh": energy, "start_price": PRICE, "key": key}
        order(seller, "offer", seller=seller.account, **offer)
    deal = {"unit": second, "slot": slot, "energy_wh": 300, "price": PRICE, "key": 9}
    parties = {"seller": seller.account, "buyer": buyer.account}
    order(seller, "p2ppropose", **parties, **deal)
    order(buyer, "p2paccept", **parties, **deal)
    for offer_id in (1, 2):
        order(buyer, "bid", bidder=buyer.account, offer=offer_id, price=PRICE)
    chain.wait_for_time(slot)
    for offer_id in (1, 2):
        chain.as_operator("keeper", "tbimarket", "award", market=market, offer=offer_id)
    chain.wait_for_time(slot + SLOT_S)
    made = [{"unit": first, "produced_wh": 1300}, {"unit": second, "produced_wh": 400}]
    for who, fed_in, used, produced in ((seller, 1600, 0, made), (buyer, 0, 1700, [])):
        reading = {"point": who.point, "fed_in_wh": fed_in, "consumed_wh": used, "units": produced}
        order(who, "deliver", box=who.account, slot=slot, readings=[reading])
    for offer_id in (1, 2, 3):
        chain.as_operator("keeper", "tbimarket", "settle", market=market, offer=offer_id)
    chain.as_operator("keeper", "tbimarket", "sweep", market=market, slot=slot, point=seller.point)
    chain.wait_for_time(chain.now() + 2)
    return Traded(chain, folder, market, slot, seller, buyer)


def test_a_settlement_holds_after_the_node_is_gone(traded: Traded) -> None:
    period = (traded.slot, traded.slot + SLOT_S)
    done = traded.export("slot", *period)
    assert done.exit_code == 0, done.output
    empty = traded.export("later", traded.slot + SLOT_S, traded.slot + 2 * SLOT_S, traded.seller.account)
    assert empty.exit_code == 0, empty.output
    stranger = traded.export("stranger", *period, "tbievu")
    assert (stranger.exit_code, "no metering point" in stranger.output) == (UNKNOWN, True)
    balances = {row["offer"]: row for row in traded.chain.client.rows("tbimarket", traded.market, "balances")}
    chain_id = traded.chain.client.info().chain_id
    traded.chain.node.stop()

    seller, buyer = (traded.folder / "slot" / who.account for who in (traded.seller, traded.buyer))
    later = traded.folder / "later" / traded.seller.account
    for name in (seller, buyer, later):
        for suffix in ("json", "csv", "pdf"):
            checked = run("verify", f"{name}.{suffix}", "--chain-id", chain_id)
            assert (checked.exit_code, "the file holds" in checked.output) == (HOLDS, True), checked.output
    sold, bought, nothing = (
        json.loads(Path(f"{name}.json").read_text())["statement"] for name in (seller, buyer, later)
    )
    assert [line["offer"] for line in sold["sold"]] == [line["offer"] for line in bought["bought"]] == sorted(balances)
    for line in (*sold["sold"], *bought["bought"]):
        row = balances[line["offer"]]
        assert [line[name] for name in ("delivered_wh", "consumed_wh")] == [row["delivered_wh"], row["consumed_wh"]]
    paid = sum(row["to_seller"] - row["penalty"] for row in balances.values())
    assert sold["totals"]["sold_eur"] == f"{paid / 1e6:.6f}"
    assert sold["surplus"][0]["energy_wh"] == 1600 - sum(line["delivered_wh"] for line in sold["sold"])
    assert (nothing["sold"], nothing["totals"]["net_eur"]) == ([], "0.000000")

    other = run("verify", f"{seller}.csv", "--proof", f"{buyer}.json")
    assert (other.exit_code, "does not hold" in other.output) == (WRONG, True)
    wrong_chain = run("verify", f"{seller}.json", "--chain-id", "0" * 64)
    assert (wrong_chain.exit_code, "not of" in wrong_chain.output) == (WRONG, True)
    missing = run("verify", str(traded.folder / "nobody.json"))
    assert (missing.exit_code, "could not be checked" in missing.output) == (UNKNOWN, True)
    gone = traded.export("gone", *period)
    assert (gone.exit_code, "does not answer" in gone.output) == (UNKNOWN, True)
