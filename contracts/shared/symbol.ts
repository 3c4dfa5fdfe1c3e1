import { Packer } from "proton-tsc";

/** A token's symbol, ABI type `symbol`; read as it comes, refused by a rule's id. */
export class Symbol implements Packer {
    constructor(public value: u64 = 0) {}

    pack(): u8[] {
        const data = new Array<u8>(8);
        store<u64>(data.dataStart, this.value);
        return data;
    }

    unpack(data: u8[]): usize {
        if (data.length >= 8) this.value = load<u64>(data.dataStart);
        return 8;
    }

    getSize(): usize {
        return 8;
    }
}
