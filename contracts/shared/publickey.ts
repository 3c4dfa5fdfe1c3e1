import { Packer } from "proton-tsc";

const SIZE: i32 = 34;

/**
 * A key, ABI type `public_key`: a byte for its kind (0 K1, 1 R1: a TPM's P-256) and the compressed point, kept as it comes.
 * as-chain's own class keeps K1 only.
 */
export class PublicKey implements Packer {
    bytes: u8[] = new Array<u8>(SIZE);

    /** Whether this is a key of the kind K1 or R1; keys of browsers (WebAuthn) are longer and not for boxes and producers. */
    isPlain(): bool {
        return this.bytes[0] <= 1;
    }

    isEqual(other: PublicKey): bool {
        for (let i = 0; i < SIZE; i++) {
            if (this.bytes[i] != other.bytes[i]) return false;
        }
        return true;
    }

    pack(): u8[] {
        return this.bytes.slice(0);
    }

    unpack(data: u8[]): usize {
        if (data.length < SIZE) return SIZE; // the decoder sees that the data has ended
        this.bytes = data.slice(0, SIZE);
        return this.isPlain() ? SIZE : data.length;
    }

    getSize(): usize {
        return SIZE;
    }
}
