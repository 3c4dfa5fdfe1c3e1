/**
 * The chain's own functions, as nodeos offers them to a contract ("intrinsics").
 *
 * as-chain wraps most of them; declared here is what it lacks, or what its wrappers make dear: its MultiIndex touches every secondary index on
 * every update.
 */

@external("env", "db_store_i64")
export declare function db_store_i64(scope: u64, table: u64, payer: u64, id: u64, data: usize, size: usize): i32;
@external("env", "db_update_i64")
export declare function db_update_i64(iterator: i32, payer: u64, data: usize, size: usize): void;
@external("env", "db_remove_i64")
export declare function db_remove_i64(iterator: i32): void;
@external("env", "db_get_i64")
export declare function db_get_i64(iterator: i32, data: usize, size: usize): i32;
@external("env", "db_next_i64")
export declare function db_next_i64(iterator: i32, id: usize): i32;
@external("env", "db_previous_i64")
export declare function db_previous_i64(iterator: i32, id: usize): i32;
@external("env", "db_find_i64")
export declare function db_find_i64(code: u64, scope: u64, table: u64, id: u64): i32;
@external("env", "db_lowerbound_i64")
export declare function db_lowerbound_i64(code: u64, scope: u64, table: u64, id: u64): i32;
@external("env", "db_upperbound_i64")
export declare function db_upperbound_i64(code: u64, scope: u64, table: u64, id: u64): i32;

@external("env", "db_idx64_store")
export declare function db_idx64_store(scope: u64, table: u64, payer: u64, id: u64, key: usize): i32;
@external("env", "db_idx64_update")
export declare function db_idx64_update(iterator: i32, payer: u64, key: usize): void;
@external("env", "db_idx64_remove")
export declare function db_idx64_remove(iterator: i32): void;
@external("env", "db_idx64_next")
export declare function db_idx64_next(iterator: i32, id: usize): i32;
@external("env", "db_idx64_find_primary")
export declare function db_idx64_find_primary(code: u64, scope: u64, table: u64, key: usize, id: u64): i32;
@external("env", "db_idx64_find_secondary")
export declare function db_idx64_find_secondary(code: u64, scope: u64, table: u64, key: usize, id: usize): i32;
@external("env", "db_idx64_lowerbound")
export declare function db_idx64_lowerbound(code: u64, scope: u64, table: u64, key: usize, id: usize): i32;
@external("env", "db_idx64_upperbound")
export declare function db_idx64_upperbound(code: u64, scope: u64, table: u64, key: usize, id: usize): i32;

@external("env", "db_idx256_store")
export declare function db_idx256_store(scope: u64, table: u64, payer: u64, id: u64, key: usize, words: u32): i32;
@external("env", "db_idx256_remove")
export declare function db_idx256_remove(iterator: i32): void;
@external("env", "db_idx256_find_primary")
export declare function db_idx256_find_primary(code: u64, scope: u64, table: u64, key: usize, words: u32, id: u64): i32;
@external("env", "db_idx256_find_secondary")
export declare function db_idx256_find_secondary(code: u64, scope: u64, table: u64, key: usize, words: u32, id: usize): i32;

@external("env", "has_auth")
export declare function has_auth(account: u64): bool;
@external("env", "is_account")
export declare function is_account(account: u64): bool;
@external("env", "current_time")
export declare function current_time(): u64;
@external("env", "current_receiver")
export declare function current_receiver(): u64;
@external("env", "require_recipient")
export declare function require_recipient(account: u64): void;
@external("env", "send_inline")
export declare function send_inline(action: usize, size: usize): void;
@external("env", "sha256")
export declare function sha256(data: usize, size: u32, hash: usize): void;
@external("env", "eosio_assert_message")
export declare function eosio_assert_message(holds: u32, text: usize, size: u32): void;
@external("env", "check_permission_authorization")
export declare function check_permission_authorization(
    account: u64,
    permission: u64,
    keys: usize,
    keys_size: usize,
    permissions: usize,
    permissions_size: usize,
    delay_us: u64,
): i32;
@external("env", "set_proposed_producers_ex")
export declare function set_proposed_producers_ex(format: u64, producers: usize, size: usize): i64;
