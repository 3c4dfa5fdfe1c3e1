import { Checksum256, Name, Table } from "proton-tsc";
import {
    current_receiver, db_idx256_find_primary, db_idx256_find_secondary, db_idx256_remove, db_idx256_store,
} from "../shared/env";
import { N_CONSORTIUM, N_PARTNERS, N_PROPOSALS, N_VOTES } from "../shared/names";
import { PublicKey } from "../shared/publickey";
import { Rows } from "../shared/rows";

/** A member of the consortium. */
@table("partners")
export class Partner extends Table {
    account: Name = new Name();

    @primary
    get primary(): u64 {
        return this.account.N;
    }
}

/** The list of producers, named by its hash, that a partner votes for. */
@table("votes")
export class Vote extends Table {
    partner: Name = new Name();
    hash: Checksum256 = new Checksum256();

    @primary
    get primary(): u64 {
        return this.partner.N;
    }
}

/** A producer of blocks and the key that signs them. */
@packer
export class Producer {
    name: Name = new Name();
    key: PublicKey = new PublicKey();
}

/** A list of producers that somebody votes for. Index 2: the hash of the packed list. */
@table("proposals")
export class Proposal extends Table {
    id: u64 = 0;
    hash: Checksum256 = new Checksum256();
    producers: Producer[] = [];

    @primary
    get primary(): u64 {
        return this.id;
    }
}

export function partners(): Rows<Partner> {
    return new Rows<Partner>(N_CONSORTIUM, N_CONSORTIUM, N_PARTNERS);
}

export function votes(): Rows<Vote> {
    return new Rows<Vote>(N_CONSORTIUM, N_CONSORTIUM, N_VOTES);
}

export function proposals(): Rows<Proposal> {
    return new Rows<Proposal>(N_CONSORTIUM, N_CONSORTIUM, N_PROPOSALS);
}

const WORDS: u32 = 2; // of 128 bits
const KEY = memory.data(32);
const ID = memory.data(8);

/** Index 2 of `proposals`, by hash. */
export namespace hashes {
    export function add(id: u64, hash: Checksum256): void {
        setKey(hash);
        db_idx256_store(N_CONSORTIUM, N_PROPOSALS, current_receiver(), id, KEY, WORDS);
    }

    /** The proposal's id; 0 when there is none. */
    export function find(hash: Checksum256): u64 {
        setKey(hash);
        const at = db_idx256_find_secondary(N_CONSORTIUM, N_CONSORTIUM, N_PROPOSALS, KEY, WORDS, ID);
        return at < 0 ? 0 : load<u64>(ID);
    }

    export function remove(id: u64): void {
        db_idx256_remove(db_idx256_find_primary(N_CONSORTIUM, N_CONSORTIUM, N_PROPOSALS, KEY, WORDS, id));
    }

    /** The chain compares a hash as two numbers of 128 bits, each read big-endian and kept little-endian. */
    function setKey(hash: Checksum256): void {
        for (let i = 0; i < 16; i++) {
            store<u8>(KEY + i, hash.data[15 - i]);
            store<u8>(KEY + 16 + i, hash.data[31 - i]);
        }
    }
}
