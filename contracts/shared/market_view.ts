/** What other contracts read of tbimarket's tables, taken straight from the rows' bytes (layouts: tbimarket/tables.ts). */
import { Name, check } from "proton-tsc";
import { db_find_i64, db_get_i64, db_previous_i64, db_upperbound_i64 } from "./env";
import { N_MARKETS, N_PARAMS, N_TBIMARKET, N_WATERMARKS } from "./names";

const MARKET = memory.data(48);
const MARKET_SIZE = 48;

/** The row of an open market. */
export class MarketView {
    readonly slot_s: u32;
    readonly until: u32;
    readonly operator: Name;

    constructor(public market: Name) {
        const at = db_find_i64(N_TBIMARKET, N_TBIMARKET, N_MARKETS, market.N);
        check(at >= 0, "M-MKT-01: there is no such market");
        db_get_i64(at, MARKET, MARKET_SIZE);
        this.slot_s = load<u32>(MARKET, 8);
        this.until = load<u32>(MARKET, 16);
        this.operator = new Name(load<u64>(MARKET, 20));
    }
}

const PARAMS = memory.data(24);
const PARAMS_SIZE = 24;

/** `deadline_s` of the parameters that hold for `slot`. */
export function deadlineOf(market: Name, slot: u32): u32 {
    const after = db_upperbound_i64(N_TBIMARKET, market.N, N_PARAMS, slot);
    db_get_i64(db_previous_i64(after, PARAMS), PARAMS, PARAMS_SIZE);
    return load<u32>(PARAMS, 20);
}

const WATERMARK = memory.data(141);
const WATERMARK_SIZE = 141;
const BITS = 13; // after point (8), newest (4) and the list's length (1)

/** Whether the point has delivered the slot (M-DEL-02); a slot older than the bitmap counts as delivered. */
export function isDelivered(market: MarketView, point: u32, slot: u32): bool {
    const at = db_find_i64(N_TBIMARKET, market.market.N, N_WATERMARKS, point);
    if (at < 0) return false;
    db_get_i64(at, WATERMARK, WATERMARK_SIZE);
    const newest = load<u32>(WATERMARK, 8);
    if (slot > newest) return false;
    const age = (newest - slot) / market.slot_s;
    return age >= 1024 || ((load<u8>(WATERMARK + BITS + (age >> 3)) >> <u8>(age & 7)) & 1) != 0;
}
