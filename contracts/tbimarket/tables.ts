import { Name, Table } from "proton-tsc";
import {
    N_BALANCES, N_FORECASTS, N_LEDGER, N_MARKETS, N_OFFERS, N_PARAMS, N_PRICES, N_READINGS, N_SLOTS, N_TBIMARKET, N_WATERMARKS,
} from "../shared/names";
import { Index, Rows } from "../shared/rows";

// The layouts of `markets`, `params` and `watermarks` are also known to shared/market_view.ts.

/** An open market. Scope: tbimarket. */
@table("markets")
export class Market extends Table {
    market: Name = new Name();
    slot_s: u32 = 0;
    horizon_s: u32 = 0;
    until: u32 = 0;
    operator: Name = new Name();
    evu: Name = new Name();
    opened_at: u32 = 0;
    next_offer: u64 = 0;

    @primary
    get primary(): u64 {
        return this.market.N;
    }
}

/** What holds from a slot on. Scope: the market. */
@table("params")
export class Params extends Table {
    from_slot: u64 = 0;
    lead_s: u32 = 0;
    extend_s: u32 = 0;
    settle_gap_s: u32 = 0;
    deadline_s: u32 = 0;
    retain_s: u32 = 0;
    tick: u32 = 0;
    min_price: u32 = 0;
    max_price: u32 = 0;
    max_offers: u32 = 0;
    max_bids: u32 = 0;
    credit_line: i64 = 0;

    @primary
    get primary(): u64 {
        return this.from_slot;
    }
}

/** The EVU's prices from a slot on, in 1/10000 ct per kWh. Scope: the market. */
@table("prices")
export class Prices extends Table {
    from_slot: u64 = 0;
    evu_buy: u32 = 0;
    evu_sell: u32 = 0;

    @primary
    get primary(): u64 {
        return this.from_slot;
    }
}

/** What an account has in a market, in units of 1e-6 EUR. Scope: the market. */
@table("ledger")
export class Account extends Table {
    owner: Name = new Name();
    participant: u32 = 0;
    available: i64 = 0;
    locked: i64 = 0;
    bids: u32 = 0;

    @primary
    get primary(): u64 {
        return this.owner.N;
    }
}

/** What a unit produces in a slot by the forecast, and how much of the most that it may offer is offered. */
@packer
export class UnitForecast {
    unit: u32 = 0;
    generation_wh: u32 = 0;
    max_wh: u32 = 0;
    offered_wh: u32 = 0;
    offers: u32 = 0;
}

/** The forecast for a slot and point. Scope: the market. Key: slot, point. */
@table("forecasts")
export class Forecast extends Table {
    key: u64 = 0;
    consumption_wh: u32 = 0;
    units: UnitForecast[] = [];

    @primary
    get primary(): u64 {
        return this.key;
    }
}

/** An offer and its highest bid. Scope: the market. Index 2: seller_key, 3: buyer_key, 4: due_key. */
@table("offers")
export class Offer extends Table {
    id: u64 = 0;
    seller: Name = new Name();
    unit: u32 = 0;
    point: u32 = 0;
    slot: u32 = 0;
    energy_wh: u32 = 0;
    start_price: u32 = 0;
    closes_at: u32 = 0;
    status: u8 = 0;
    bid_price: u32 = 0;
    bidder: Name = new Name();
    lock: i64 = 0;
    client_key: u64 = 0;
    seller_key: u64 = 0;
    buyer_key: u64 = 0;
    due_key: u64 = 0;

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** How many of a slot's offers are open, and how many not final. Scope: the market. */
@table("slots")
export class SlotState extends Table {
    slot: u64 = 0;
    undecided: u32 = 0;
    pending: u32 = 0;

    @primary
    get primary(): u64 {
        return this.slot;
    }
}

/** A unit's production and its share of the point's feed-in. */
@packer
export class UnitReading {
    unit: u32 = 0;
    produced_wh: u32 = 0;
    fed_in_wh: u32 = 0;
}

/** What a point's box has delivered for a slot. Scope: the market. Key: slot, point. */
@table("readings")
export class Reading extends Table {
    key: u64 = 0;
    box: Name = new Name();
    fed_in_wh: u32 = 0;
    consumed_wh: u32 = 0;
    units: UnitReading[] = [];
    delivered_at: u32 = 0;
    status: u8 = 0;
    surplus: u8 = 0;

    @primary
    get primary(): u64 {
        return this.key;
    }
}

/** Which of the last 1024 slots a point has delivered: bit n (word n / 64, bit n % 64) is the slot newest - n * slot_s. Scope: the market. */
@table("watermarks")
export class Watermark extends Table {
    point: u64 = 0;
    newest: u32 = 0;
    bits: u64[] = new Array<u64>(16);

    @primary
    get primary(): u64 {
        return this.point;
    }
}

/** The settlement of a sold offer. Scope: the market. */
@table("balances")
export class Balance extends Table {
    offer: u64 = 0;
    seller: Name = new Name();
    buyer: Name = new Name();
    slot: u32 = 0;
    price: u32 = 0;
    sold_wh: u32 = 0;
    delivered_wh: u32 = 0;
    produced_wh: u32 = 0;
    consumed_wh: u32 = 0;
    difference_wh: i64 = 0;
    to_seller: i64 = 0;
    shortfall: i64 = 0;
    penalty: i64 = 0;
    surplus: i64 = 0;
    settled_at: u32 = 0;

    @primary
    get primary(): u64 {
        return this.offer;
    }
}

export function markets(): Rows<Market> {
    return new Rows<Market>(N_TBIMARKET, N_TBIMARKET, N_MARKETS);
}

export function params(market: Name): Rows<Params> {
    return new Rows<Params>(N_TBIMARKET, market.N, N_PARAMS);
}

export function prices(market: Name): Rows<Prices> {
    return new Rows<Prices>(N_TBIMARKET, market.N, N_PRICES);
}

export function ledger(market: Name): Rows<Account> {
    return new Rows<Account>(N_TBIMARKET, market.N, N_LEDGER);
}

export function forecasts(market: Name): Rows<Forecast> {
    return new Rows<Forecast>(N_TBIMARKET, market.N, N_FORECASTS);
}

export function offers(market: Name): Rows<Offer> {
    return new Rows<Offer>(N_TBIMARKET, market.N, N_OFFERS);
}

export function sellerKeys(market: Name): Index {
    return new Index(N_TBIMARKET, market.N, N_OFFERS, 2);
}

export function buyerKeys(market: Name): Index {
    return new Index(N_TBIMARKET, market.N, N_OFFERS, 3);
}

export function dueKeys(market: Name): Index {
    return new Index(N_TBIMARKET, market.N, N_OFFERS, 4);
}

export function slots(market: Name): Rows<SlotState> {
    return new Rows<SlotState>(N_TBIMARKET, market.N, N_SLOTS);
}

export function readings(market: Name): Rows<Reading> {
    return new Rows<Reading>(N_TBIMARKET, market.N, N_READINGS);
}

export function watermarks(market: Name): Rows<Watermark> {
    return new Rows<Watermark>(N_TBIMARKET, market.N, N_WATERMARKS);
}

export function balances(market: Name): Rows<Balance> {
    return new Rows<Balance>(N_TBIMARKET, market.N, N_BALANCES);
}
