/** What tbimarket reads of tbiclsbox's tables, taken straight from the rows' bytes (layouts: tbiclsbox/tables.ts). */
import { Name } from "proton-tsc";
import { db_find_i64, db_get_i64, db_idx64_find_secondary } from "./env";
import { N_PARTICIPANTS, N_POINTS, N_TBICLSBOX, N_UNITS } from "./names";

const KEY = memory.data(8);
const ID = memory.data(8);
const ROW = memory.data(128);
const ROW_SIZE = 128;

/** The id of an account's participant; 0 when the account takes no part in the market. */
export function participantOf(market: Name, account: Name): u32 {
    store<u64>(KEY, account.N);
    const at = db_idx64_find_secondary(N_TBICLSBOX, market.N, N_PARTICIPANTS, KEY, ID);
    return at < 0 ? 0 : <u32>load<u64>(ID);
}

/** The points of a participant. */
export function pointsOf(market: Name, participant: u32): u32[] {
    const at = db_find_i64(N_TBICLSBOX, market.N, N_PARTICIPANTS, participant);
    if (at < 0) return [];
    db_get_i64(at, ROW, ROW_SIZE);
    return listAt(16);
}

/** The point that a unit belongs to; 0 when there is no such unit. */
export function pointOf(market: Name, unit: u32): u32 {
    const at = db_find_i64(N_TBICLSBOX, market.N, N_UNITS, unit);
    if (at < 0) return 0;
    db_get_i64(at, ROW, ROW_SIZE);
    return load<u32>(ROW, 48);
}

/** A metering point as it is registered. */
export class Point {
    participant: u32 = 0;
    account: Name = new Name();
    box: Name = new Name();
    group: Name = new Name();
    since: u32 = 0;
    units: u32[] = [];

    /** The point, or nothing when it is not registered in this market. */
    static of(market: Name, id: u32): Point | null {
        const at = db_find_i64(N_TBICLSBOX, market.N, N_POINTS, id);
        if (at < 0) return null;
        db_get_i64(at, ROW, ROW_SIZE);
        const point = new Point();
        point.participant = load<u32>(ROW, 48);
        point.account = new Name(load<u64>(ROW, 52));
        point.box = new Name(load<u64>(ROW, 60));
        point.group = new Name(load<u64>(ROW, 68));
        point.since = load<u32>(ROW, 76);
        point.units = listAt(80);
        return point;
    }
}

/** A list of ids: its length (at most 8: one byte), then the ids. */
function listAt(offset: usize): u32[] {
    const length = <i32>load<u8>(ROW + offset);
    const list = new Array<u32>(length);
    for (let i = 0; i < length; i++) list[i] = load<u32>(ROW + offset + 1 + 4 * i);
    return list;
}
