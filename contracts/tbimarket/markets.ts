/** Opening a market, its parameters and prices (M-MKT, M-ADM), and what of them holds for a slot. */
import { Name, check } from "proton-tsc";
import { N_TBIMARKET } from "../shared/names";
import { checkAuthority, exists } from "../shared/rules";
import { now } from "../shared/values";
import { Account, Market, Params, Prices, ledger, markets, params, prices } from "./tables";

const DAY_S: u32 = 86400;

export function openMarket(row: Market, firstParams: Params, firstPrices: Prices): void {
    checkGovernance();
    const market = row.market;
    check(!markets().has(market.N), "M-MKT-02: the market is open already");
    check(row.slot_s >= 1 && DAY_S % row.slot_s == 0, "M-MKT-02: slot_s must divide a day");
    check(row.horizon_s > 0, "M-MKT-02: horizon_s must be above 0");
    check(exists(row.operator) && exists(row.evu), "M-MKT-02: the operator's and the EVU's accounts must exist");
    checkParams(firstParams);
    checkPrices(firstPrices);

    row.opened_at = <u32>now();
    row.next_offer = 1;
    markets().add(market.N, row);
    firstParams.from_slot = 0;
    params(market).add(0, firstParams);
    firstPrices.from_slot = 0;
    prices(market).add(0, firstPrices);
    const account = new Account();
    account.owner = row.evu;
    ledger(market).add(row.evu.N, account);
}

export function setParams(market: Name, row: Params): void {
    checkGovernance();
    const open = marketOf(market);
    checkParams(row);
    checkFrom(open, row.from_slot);
    params(market).put(row.from_slot, row);
}

export function setPrices(market: Name, row: Prices): void {
    checkGovernance();
    const open = marketOf(market);
    checkPrices(row);
    checkFrom(open, row.from_slot);
    prices(market).put(row.from_slot, row);
}

/** M-ADM-01: the contract's own authority, which two of three governors hold. */
export function checkGovernance(): void {
    checkAuthority(new Name(N_TBIMARKET), "M-ADM-01");
}

export function marketOf(market: Name): Market {
    const row = markets().get(market.N);
    check(row != null, "M-MKT-01: there is no such market");
    return row!;
}

/** Where nothing of the market's row is needed but that it is there. */
export function checkOpen(market: Name): void {
    check(markets().has(market.N), "M-MKT-01: there is no such market");
}

/** The parameters that hold for a slot: from openmarket on there is a row. */
export function paramsOf(market: Name, slot: u32): Params {
    return params(market).upTo(slot)!;
}

export function pricesOf(market: Name, slot: u32): Prices {
    return prices(market).upTo(slot)!;
}

/** When trading of a slot ends; negative for a slot that lies before the lead. */
export function gateOf(slot: u32, row: Params): i64 {
    return <i64>slot - row.lead_s;
}

export function endOf(market: Market, slot: u32): u64 {
    return <u64>slot + market.slot_s;
}

/** The last second at which a reading of the slot still settles. */
export function deadlineOf(market: Market, slot: u32): u64 {
    return endOf(market, slot) + paramsOf(market.market, slot).deadline_s;
}

/** Aligned, before the gate, within the horizon (by `rule`) and before the market's end (M-OFF-08). */
export function checkTradable(market: Market, slot: u32, row: Params, rule: string): void {
    if (slot % market.slot_s != 0) check(false, rule + ": a slot begins at a multiple of the market's slot length");
    if (<i64>now() >= gateOf(slot, row)) check(false, rule + ": the gate of this slot is closed");
    if (<u64>slot > now() + market.horizon_s) check(false, rule + ": the slot lies beyond the horizon");
    check(market.until == 0 || slot < market.until, "M-OFF-08: the market ends before this slot");
}

function checkParams(row: Params): void {
    check(row.lead_s > 0, "M-MKT-02: lead_s must be above 0");
    check(row.settle_gap_s <= row.lead_s, "M-MKT-02: settle_gap_s must not exceed lead_s");
    check(row.min_price <= row.max_price, "M-MKT-02: min_price must not exceed max_price");
    check(row.tick >= 1, "M-MKT-02: tick must be at least 1");
    check(row.max_offers >= 1 && row.max_offers <= 16, "M-MKT-02: max_offers lies in 1..16");
    check(row.max_bids >= 1 && row.max_bids <= 256, "M-MKT-02: max_bids lies in 1..256");
    check(row.credit_line >= 0, "M-MKT-02: credit_line must not be negative");
}

function checkPrices(row: Prices): void {
    check(row.evu_buy <= row.evu_sell, "M-ADM-03: evu_buy must not exceed evu_sell");
}

/** M-ADM-03: nothing changes for a slot whose trading has begun. */
function checkFrom(market: Market, slot: u64): void {
    check(slot % market.slot_s == 0, "M-ADM-03: a slot begins at a multiple of the market's slot length");
    check(slot > now() + market.horizon_s, "M-ADM-03: trading of that slot has begun: choose one beyond the horizon");
}
