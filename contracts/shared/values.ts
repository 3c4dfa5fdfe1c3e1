/** Times, keys and amounts. Times are seconds since the epoch, UTC; they are computed in 64 bits, where none of their sums overflows. */
import { current_time } from "./env";

/** The block's time in whole seconds. */
export function now(): u64 {
    return current_time() / 1000000;
}

/** The key of a slot's row of a point, participant or group. */
export function slotKey(slot: u32, id: u32): u64 {
    return ((<u64>slot) << 32) | (<u64>id);
}

/** What `energy` Wh cost at `price` (1/10000 ct per kWh), in units of 1e-6 EUR, rounded down. 32-bit factors: no overflow. */
export function amount(energy: u32, price: u32): i64 {
    return <i64>((<u64>energy * <u64>price) / 1000);
}

/** `whole * part / total`, rounded down; `whole` is 32 bits wide, `part` and `total` at most 36, so that the product is taken in two halves. */
export function share(whole: u32, part: u64, total: u64): u32 {
    const high = <u64>(whole >> 16) * part;
    const low = <u64>(whole & 0xffff) * part;
    return <u32>(((high / total) << 16) + (((high % total) << 16) + low) / total);
}

/** The name that a text spells letter by letter; 0 when it spells none. (as-chain's own throws without a rule's id.) */
export function spelled(text: string): u64 {
    const length = text.length;
    if (length == 0 || length > 12 || text.charCodeAt(length - 1) == DOT) return 0;
    let name: u64 = 0;
    for (let i = 0; i < length; i++) {
        const letter = text.charCodeAt(i);
        let value: u64 = 0;
        if (letter >= 97 && letter <= 122) {
            value = letter - 97 + 6; // a..z
        } else if (letter >= 49 && letter <= 53) {
            value = letter - 49 + 1; // 1..5
        } else if (letter != DOT) {
            return 0;
        }
        name |= value << (59 - 5 * i);
    }
    return name;
}

const DOT: i32 = 46;
