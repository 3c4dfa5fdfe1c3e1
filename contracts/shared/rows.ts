/**
 * A contract's own tables. RAM of every row is paid by the contract itself (M-RAM-02), save tbitoken's balances.
 *
 * Thinner than as-chain's MultiIndex: a row's secondary indexes are touched only by whom changes their key.
 */
import { Packer } from "proton-tsc";
import {
    current_receiver, db_find_i64, db_get_i64, db_idx64_find_primary, db_idx64_find_secondary, db_idx64_lowerbound, db_idx64_next,
    db_idx64_remove, db_idx64_store, db_idx64_update, db_idx64_upperbound, db_lowerbound_i64, db_next_i64, db_previous_i64, db_remove_i64,
    db_store_i64, db_update_i64, db_upperbound_i64,
} from "./env";

const SAME_PAYER: u64 = 0;
const ID = memory.data(8); // where the chain puts a row's primary key
const KEY = memory.data(8); // where the chain reads or puts a secondary key

/** The rows of one table and scope, read and written by primary key. */
export class Rows<T extends Packer> {
    /** The primary key that `next` has come to. */
    id: u64 = 0;
    private found: u64 = 0;
    private at: i32 = -1;

    constructor(private code: u64, private scope: u64, private table: u64) {}

    has(id: u64): bool {
        this.found = id;
        this.at = db_find_i64(this.code, this.scope, this.table, id);
        return this.at >= 0;
    }

    get(id: u64): T | null {
        return this.has(id) ? this.read(this.at) : null;
    }

    /** A new row, paid by the contract. */
    add(id: u64, row: T): void {
        this.addPaidBy(current_receiver(), id, row);
    }

    /** A new row, paid by an account whose authority is there. */
    addPaidBy(payer: u64, id: u64, row: T): void {
        const data = row.pack();
        db_store_i64(this.scope, this.table, payer, id, data.dataStart, data.length);
    }

    /** The row that was read last, or any other, changed. */
    change(id: u64, row: T): void {
        const data = row.pack();
        if (this.found != id || this.at < 0) this.has(id);
        db_update_i64(this.at, SAME_PAYER, data.dataStart, data.length);
    }

    /** A row that may be there already. */
    put(id: u64, row: T): void {
        if (this.has(id)) {
            this.change(id, row);
        } else {
            this.add(id, row);
        }
    }

    remove(id: u64): void {
        if (this.found != id || this.at < 0) this.has(id);
        db_remove_i64(this.at);
        this.at = -1;
    }

    /** The row with the greatest key up to `id`. */
    upTo(id: u64): T | null {
        const after = db_upperbound_i64(this.code, this.scope, this.table, id);
        const last = after == -1 ? -1 : db_previous_i64(after, ID);
        return last < 0 ? null : this.read(last);
    }

    /** An iterator over the rows from `id` on; negative at the end. */
    from(id: u64): i32 {
        return db_lowerbound_i64(this.code, this.scope, this.table, id);
    }

    next(iterator: i32): i32 {
        const after = db_next_i64(iterator, ID);
        this.id = load<u64>(ID);
        return after;
    }

    read(iterator: i32): T {
        const size = db_get_i64(iterator, 0, 0);
        const data = new Array<u8>(size);
        db_get_i64(iterator, data.dataStart, size);
        const row = instantiate<T>();
        row.unpack(data);
        return row;
    }
}

/** A secondary index of 64-bit keys. `place` as in get_table_rows: 2 is a table's first. */
export class Index {
    /** The primary key of the entry that `first`, `from` or `next` has come to. */
    id: u64 = 0;
    private table: u64;

    constructor(private code: u64, private scope: u64, table: u64, place: u64) {
        this.table = table | (place - 2);
    }

    add(id: u64, key: u64): void {
        store<u64>(KEY, key);
        db_idx64_store(this.scope, this.table, current_receiver(), id, KEY);
    }

    move(id: u64, key: u64): void {
        const at = db_idx64_find_primary(this.code, this.scope, this.table, KEY, id);
        store<u64>(KEY, key);
        db_idx64_update(at, SAME_PAYER, KEY);
    }

    remove(id: u64): void {
        db_idx64_remove(db_idx64_find_primary(this.code, this.scope, this.table, KEY, id));
    }

    /** The first entry with exactly this key; negative when there is none. */
    first(key: u64): i32 {
        store<u64>(KEY, key);
        const at = db_idx64_find_secondary(this.code, this.scope, this.table, KEY, ID);
        this.id = load<u64>(ID);
        return at;
    }

    /** The first entry from `key` on; negative when there is none. */
    from(key: u64): i32 {
        store<u64>(KEY, key);
        const at = db_idx64_lowerbound(this.code, this.scope, this.table, KEY, ID);
        this.id = load<u64>(ID);
        return at;
    }

    /** The first entry after all those with `key`: where a walk over them ends. */
    after(key: u64): i32 {
        store<u64>(KEY, key);
        return db_idx64_upperbound(this.code, this.scope, this.table, KEY, ID);
    }

    next(at: i32): i32 {
        const after = db_idx64_next(at, ID);
        this.id = load<u64>(ID);
        return after;
    }
}
