/** Once per metering point and slot (M-DEL-02): a bitmap of the last 1024 slots, which stays for ever. */
import { check } from "proton-tsc";
import { Market, Watermark, watermarks } from "./tables";

const SLOTS: u32 = 1024;
const WORDS: i32 = 16;

/** Marks the slot as delivered, or refuses when it is already, or is older than what can be told. */
export function markDelivered(market: Market, point: u32, slot: u32): void {
    const table = watermarks(market.market);
    const row = table.get(point);
    if (row == null) {
        const fresh = new Watermark();
        fresh.point = point;
        fresh.newest = slot;
        fresh.bits[0] = 1;
        table.add(point, fresh);
        return;
    }
    if (slot > row.newest) {
        shift(row.bits, (slot - row.newest) / market.slot_s);
        row.newest = slot;
        row.bits[0] |= 1;
    } else {
        const age = (row.newest - slot) / market.slot_s;
        check(age < SLOTS, "M-DEL-02: the slot is older than what can be told");
        const word = <i32>(age >> 6);
        const bit = (<u64>1) << (age & 63);
        check((row.bits[word] & bit) == 0, "M-DEL-02: the slot is delivered already");
        row.bits[word] |= bit;
    }
    table.change(point, row);
}

/** All bits get older by `slots` slots; those that get too old are forgotten. */
function shift(bits: u64[], slots: u32): void {
    const words = <i32>(slots >> 6);
    const rest = slots & 63;
    for (let i = WORDS - 1; i >= 0; i--) {
        const from = i - words;
        let word: u64 = 0;
        if (words < WORDS && from >= 0) {
            word = bits[from] << rest;
            if (rest != 0 && from > 0) word |= bits[from - 1] >> (64 - rest);
        }
        bits[i] = word;
    }
}
