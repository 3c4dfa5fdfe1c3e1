import { Packer } from "proton-tsc";

/** The symbol `6,EUR`: precision in the lowest byte, then the letters. */
export const EUR: u64 = 0x52554506;

/** The symbol `0,PTX`: Power2X tokens, one per kWh. */
export const PTX: u64 = 0x58545000;

const MAX_AMOUNT: i64 = (1 << 62) - 1;

/**
 * An amount of a token, ABI type `asset`. Unlike as-chain's it refuses nothing while it is read, so that a bad one is refused by a rule's id.
 */
export class Asset implements Packer {
    constructor(public amount: i64 = 0, public symbol: u64 = EUR) {}

    /** Whether the amount is in the range of an asset and the symbol has 1 to 7 capital letters. */
    isValid(): bool {
        return this.amount >= -MAX_AMOUNT && this.amount <= MAX_AMOUNT && isSymbol(this.symbol);
    }

    /** The symbol without its precision: the scope of `stat`, the key of `accounts`. */
    code(): u64 {
        return this.symbol >> 8;
    }

    pack(): u8[] {
        const data = new Array<u8>(16);
        store<i64>(data.dataStart, this.amount);
        store<u64>(data.dataStart + 8, this.symbol);
        return data;
    }

    unpack(data: u8[]): usize {
        if (data.length < 16) return 16; // the decoder sees that the data has ended
        this.amount = load<i64>(data.dataStart);
        this.symbol = load<u64>(data.dataStart + 8);
        return 16;
    }

    getSize(): usize {
        return 16;
    }
}

export function isSymbol(symbol: u64): bool {
    let letters = symbol >> 8;
    let length = 0;
    while ((letters & 0xff) != 0) {
        const letter = <u8>(letters & 0xff);
        if (letter < 65 || letter > 90) return false; // A..Z
        letters >>= 8;
        length++;
    }
    return letters == 0 && length > 0;
}
