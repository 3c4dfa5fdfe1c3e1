"""Opening a market, and its parameters and prices (M-MKT, M-ADM)."""

from __future__ import annotations

from dataclasses import replace

from market.actions import OpenMarket, SetParams, SetPrices
from market.call import MARKET_ACCOUNT, Call
from market.refusal import check
from market.rows import Account, Market, Params, Prices

DAY_S = 86400
MAX_OFFERS = 16
MAX_BIDS = 256


def open_market(call: Call, action: OpenMarket) -> None:
    call.require(MARKET_ACCOUNT, "M-ADM-01")
    check(action.market not in call.world.markets, "M-MKT-02", "the market is open already")
    check(action.slot_s >= 1 and DAY_S % action.slot_s == 0, "M-MKT-02", "slot_s must divide a day")
    check(action.horizon_s > 0, "M-MKT-02", "horizon_s must be above 0")
    for account in (action.operator, action.evu):
        check(account in call.world.accounts, "M-MKT-02", "the operator's and the EVU's accounts must exist")
    check_params(action.params)
    check_prices(action.prices)
    call.world.markets.put(
        action.market,
        Market(
            action.market,
            action.slot_s,
            action.horizon_s,
            action.until,
            action.operator,
            action.evu,
            call.now,
            next_offer=1,
        ),
    )
    call.books.params.put(0, replace(action.params, from_slot=0))
    call.books.prices.put(0, replace(action.prices, from_slot=0))
    call.books.ledger.put(action.evu, Account(action.evu, participant=0))


def set_params(call: Call, action: SetParams) -> None:
    call.require(MARKET_ACCOUNT, "M-ADM-01")
    _ = call.row
    check_params(action.params)
    _check_from(call, action.params.from_slot)
    call.books.params.put(action.params.from_slot, action.params)


def set_prices(call: Call, action: SetPrices) -> None:
    call.require(MARKET_ACCOUNT, "M-ADM-01")
    _ = call.row
    check_prices(action.prices)
    _check_from(call, action.prices.from_slot)
    call.books.prices.put(action.prices.from_slot, action.prices)


def check_params(params: Params) -> None:
    check(params.lead_s > 0, "M-MKT-02", "lead_s must be above 0")
    check(params.settle_gap_s <= params.lead_s, "M-MKT-02", "settle_gap_s must not exceed lead_s")
    check(params.min_price <= params.max_price, "M-MKT-02", "min_price must not exceed max_price")
    check(params.tick >= 1, "M-MKT-02", "tick must be at least 1")
    check(1 <= params.max_offers <= MAX_OFFERS, "M-MKT-02", f"max_offers lies in 1..{MAX_OFFERS}")
    check(1 <= params.max_bids <= MAX_BIDS, "M-MKT-02", f"max_bids lies in 1..{MAX_BIDS}")
    check(params.credit_line >= 0, "M-MKT-02", "credit_line must not be negative")


def check_prices(prices: Prices) -> None:
    check(prices.evu_buy <= prices.evu_sell, "M-ADM-03", "evu_buy must not exceed evu_sell")


def _check_from(call: Call, from_slot: int) -> None:
    call.check_aligned(from_slot, "M-ADM-03")
    check(
        from_slot > call.now + call.row.horizon_s,
        "M-ADM-03",
        "trading of that slot has begun: choose one beyond the horizon",
    )
