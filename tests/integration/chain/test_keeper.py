"""The keeper, as a process, on a market of slots of seconds: a whole slot without anybody else's hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.blockchain_connector.keeper import heartbeat
from services.shared.chain.errors import ContractRefused
from services.shared.wait import wait_until
from tests.integration.chain.support import Chain, ServedProcess, Trader

_CT = 10_000


@pytest.fixture
def keeper(chain: Chain, tmp_path: Path) -> Iterator[ServedProcess]:
    process = ServedProcess(
        "services.blockchain_connector.keeper",
        {
            "TBI_CHAIN_URLS": ",".join(chain.urls),
            "TBI_KEY_FILE": str(chain.keys_dir / "tbiadmin.keeper.key"),
            "TBI_STATE_DIR": str(tmp_path),
        },
        tmp_path / "keeper.log",
    )
    process.start()
    yield process
    process.stop()


def _next_slot(chain: Chain, slot_s: int, ahead_s: int) -> int:
    return (int(chain.now()) + ahead_s) // slot_s * slot_s + slot_s


def _forecast(chain: Chain, seller: Trader, slot: int, max_wh: int) -> None:
    unit = {"unit": seller.unit, "generation_wh": max_wh, "max_wh": max_wh}
    point = {"point": seller.point, "consumption_wh": 0, "units": [unit]}
    chain.as_operator("forecast", "tbimarket", "forecast", market=seller.market, slot=slot, points=[point])


def _sell(chain: Chain, seller: Trader, buyer: Trader, slot: int, key: int) -> int:
    """An offer of 1000 Wh with one bid; its id."""
    chain.push_as(
        seller,
        "tbimarket",
        "offer",
        market=seller.market,
        seller=seller.account,
        unit=seller.unit,
        slot=slot,
        energy_wh=1000,
        start_price=20 * _CT,
        key=key,
    )
    (offer,) = [o for o in chain.client.rows("tbimarket", seller.market, "offers") if o["client_key"] == key]
    chain.push_as(
        buyer, "tbimarket", "bid", market=buyer.market, bidder=buyer.account, offer=offer["id"], price=21 * _CT
    )
    return int(offer["id"])


def _deliver(chain: Chain, who: Trader, slot: int, fed_in_wh: int, consumed_wh: int) -> None:
    units = [{"unit": who.unit, "produced_wh": fed_in_wh}]
    reading = {"point": who.point, "fed_in_wh": fed_in_wh, "consumed_wh": consumed_wh, "units": units}
    chain.push_as(who, "tbimarket", "deliver", market=who.market, box=who.account, slot=slot, readings=[reading])


def _status(chain: Chain, market: str, offer: int) -> int | None:
    row = chain.offer(market, offer)
    return None if row is None else int(row["status"])


def _awards(chain: Chain, market: str, blocks: range) -> dict[int, int]:
    """Offer -> block time of its award, from the blocks."""
    found = {}
    for number in blocks:
        for trace in chain.client.block(number)["transactions"]:
            for action in trace.actions:
                if action["name"] == "logaward" and action["data"]["market"] == market:
                    found[action["data"]["offer"]] = trace.block_time
    return found


def test_m_kee_01_keeper_takes_a_slot_from_award_to_erasure(
    chain: Chain, keeper: ServedProcess, tmp_path: Path
) -> None:
    market = chain.open_market(slot_s=4, lead_s=1, extend_s=1, retain_s=4, deadline_s=30)
    seller, buyer = chain.trader(market), chain.trader(market)
    first_block = chain.client.info().head_block_num
    slot = _next_slot(chain, 4, 6)
    _forecast(chain, seller, slot, 2000)
    sold = _sell(chain, seller, buyer, slot, key=1)
    chain.push_as(
        seller,
        "tbimarket",
        "offer",
        market=market,
        seller=seller.account,
        unit=seller.unit,
        slot=slot,
        energy_wh=500,
        start_price=20 * _CT,
        key=2,
    )
    wait_until(lambda: _status(chain, market, sold) == 1, 15, what="the award")
    wait_until(lambda: _status(chain, market, sold + 1) == 2, 5, what="the unsold offer")

    wait_until(lambda: _event(chain, seller, slot), 15, what="the seller's event")
    wait_until(lambda: _event(chain, buyer, slot), 5, what="the buyer's event")
    _deliver(chain, seller, slot, fed_in_wh=1200, consumed_wh=0)
    _deliver(chain, buyer, slot, fed_in_wh=0, consumed_wh=1500)

    balance = wait_until(
        lambda: chain.client.rows("tbimarket", market, "balances", lower=sold, upper=sold), 15, what="the settlement"
    )[0]
    assert (balance["delivered_wh"], balance["consumed_wh"], balance["shortfall"]) == (1000, 1000, 0)
    wait_until(lambda: not chain.client.rows("tbimarket", market, "readings"), 30, what="sweep and erasure")
    wait_until(lambda: not chain.client.rows("tbimarket", market, "offers"), 10, what="the offers' erasure")

    awarded = _awards(chain, market, range(first_block, chain.client.info().head_block_num))
    assert set(awarded) == {sold, sold + 1}
    late = {offer: moment - (slot - 1) for offer, moment in awarded.items()}
    assert max(late.values()) <= 1.0, f"awards came {late} s after the gate: more than two blocks"
    ledger = chain.ledger(market)
    (token,) = [
        row["balance"] for row in chain.client.rows("tbitoken", "tbimarket", "accounts") if "EUR" in row["balance"]
    ]
    assert token.endswith(" EUR")
    assert ledger[seller.account]["locked"] == ledger[buyer.account]["locked"] == 0
    assert sum(row["available"] for row in ledger.values()) == 200_000_000
    assert heartbeat.read(tmp_path, datetime.now(UTC)) is None


def _event(chain: Chain, who: Trader, slot: int) -> list[dict[str, Any]]:
    return [e for e in chain.client.rows("tbiclsbox", who.account, "events") if e["slot"] == slot]


def test_m_kee_01_catches_up_after_an_outage_and_a_restarted_node(
    chain: Chain, keeper: ServedProcess, tmp_path: Path
) -> None:
    """Keeper and node are away while gates close and slots end; then everything due is done, once."""
    market = chain.open_market(slot_s=4, deadline_s=6, retain_s=3600)
    seller, buyer = chain.trader(market), chain.trader(market)
    slot = _next_slot(chain, 4, 6)
    _forecast(chain, seller, slot, 1000)
    sold = _sell(chain, seller, buyer, slot, key=7)

    keeper.kill()
    chain.wait_for_time(slot + 4)
    _deliver(chain, seller, slot, fed_in_wh=400, consumed_wh=0)
    chain.node.stop()
    chain.node.start()
    assert _status(chain, market, sold) == 0, "somebody else awarded"
    keeper.start()

    balance = wait_until(
        lambda: chain.client.rows("tbimarket", market, "balances", lower=sold, upper=sold), 30, what="the settlement"
    )[0]
    assert balance["delivered_wh"] == 400
    assert balance["consumed_wh"] == 1000, "M-SET-04: the buyer's missing reading counts as what he bought"
    counters = chain.client.rows("tbiclsbox", market, "counters")[0]
    assert counters["event_slot"] >= slot + 4
    wait_until(lambda: not _event(chain, buyer, slot), 30, what="the expiry of the unanswered event")
    beat = json.loads((tmp_path / "keeper.json").read_text())
    assert beat["last_refusal"] is None, beat


def test_m_kee_01_a_refused_action_blocks_no_other(chain: Chain, keeper: ServedProcess) -> None:
    """An offer that cannot be settled (its money would break the EVU's credit line) leaves the others alone."""
    market = chain.open_market(slot_s=4, credit_line=0, deadline_s=4, retain_s=3600)
    seller, buyer = chain.trader(market), chain.trader(market)
    slot = _next_slot(chain, 4, 8)
    _forecast(chain, seller, slot, 2000)
    unfunded, settled = _sell(chain, seller, buyer, slot, key=1), _sell(chain, seller, buyer, slot, key=2)
    chain.wait_for_time(slot + 4)
    _deliver(chain, buyer, slot, fed_in_wh=0, consumed_wh=0)  # all that he bought goes to an EVU without money
    _deliver(chain, seller, slot, fed_in_wh=1000, consumed_wh=0)  # the second offer is a shortfall: it pays the EVU
    wait_until(lambda: _status(chain, market, settled) == 4, 20, what="the settlement of the second offer")
    wait_until(lambda: _status(chain, market, unfunded) == 4, 90, what="the later settlement of the unfunded one")


def test_m_ram_01_an_ended_passive_contract_is_cleared(chain: Chain, keeper: ServedProcess) -> None:
    market = chain.open_market(slot_s=4, horizon_s=4, deadline_s=4, retain_s=4)
    owner = chain.trader(market)
    keeper.kill()
    begun = _next_slot(chain, 4, 8)
    terms = {"market": market, "unit": owner.unit, "price": 8 * _CT, "from_slot": begun, "until_slot": begun + 4}
    chain.as_evu("tbimarket", "passpropose", **terms)
    chain.push_as(owner, "tbimarket", "passaccept", owner=owner.account, **terms)
    assert len(chain.client.rows("tbimarket", market, "passives")) == 1
    chain.wait_for_time(begun + 4 + 4 + 1)
    keeper.start()
    wait_until(lambda: not chain.client.rows("tbimarket", market, "passives"), 30, what="the contract's clearance")


def test_m_kee_01_anyone_else_may_be_faster(chain: Chain, keeper: ServedProcess) -> None:
    market = chain.open_market(slot_s=4, retain_s=3600)
    seller, buyer = chain.trader(market), chain.trader(market)
    slot = _next_slot(chain, 4, 6)
    _forecast(chain, seller, slot, 1000)
    sold = _sell(chain, seller, buyer, slot, key=3)
    closes = chain.offer(market, sold)
    assert closes is not None
    refusals: set[str | None] = set()

    def awarded() -> bool:
        try:
            chain.push_as(buyer, "tbimarket", "award", market=market, offer=sold)
        except ContractRefused as refusal:
            refusals.add(refusal.rule)
        return _status(chain, market, sold) != 0

    wait_until(awarded, 20, what="the award, by whom ever")
    assert _status(chain, market, sold) == 1
    assert refusals <= {"M-AWD-01", "M-AWD-02"}
