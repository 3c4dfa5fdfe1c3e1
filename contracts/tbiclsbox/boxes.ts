/** Boxes and their keys (M-REG-01, M-REG-04, M-REG-05). */
import { Name, check } from "proton-tsc";
import { check_permission_authorization } from "../shared/env";
import { MarketView } from "../shared/market_view";
import { N_ACTIVE } from "../shared/names";
import { PublicKey } from "../shared/publickey";
import { checkAuthority, exists } from "../shared/rules";
import { now } from "../shared/values";
import { countersOf, saveCounters } from "./counters";
import { Box, BoxKey, boxes, keyBoxes, keys } from "./tables";

export function regBox(market: Name, account: Name, key: PublicKey): void {
    const row = new MarketView(market);
    checkAuthority(row.operator, "M-REG-01");
    const table = boxes(market);
    check(!table.has(account.N), "M-REG-01: the box is registered already");
    checkKey(account, key);
    const box = new Box();
    box.box = account;
    box.key = key;
    box.since = <u32>now();
    table.add(account.N, box);
    record(row, box);
}

/** A box's new key; the earlier one stays on record (M-REG-04). */
export function rekey(market: Name, account: Name, key: PublicKey): void {
    const row = new MarketView(market);
    checkAuthority(row.operator, "M-REG-01");
    const table = boxes(market);
    const box = table.get(account.N);
    if (box == null) {
        check(false, "M-REG-02: the box is not registered in this market");
        return;
    }
    check(!box.key.isEqual(key), "M-REG-04: this is the key that the box has");
    checkKey(account, key);
    box.key = key;
    box.since = <u32>now();
    table.change(account.N, box);
    record(row, box);
}

/** M-REG-05: the key satisfies the box's `active` permission by itself. */
function checkKey(box: Name, key: PublicKey): void {
    check(exists(box), "M-REG-05: the box's account does not exist");
    check(key.isPlain(), "M-REG-05: a box's key is of the kind K1 or R1");
    const provided: u8[] = [1]; // a list of one
    for (let i = 0; i < key.bytes.length; i++) provided.push(key.bytes[i]);
    const fits = check_permission_authorization(box.N, N_ACTIVE, provided.dataStart, provided.length, 0, 0, 0);
    check(fits == 1, "M-REG-05: the key does not by itself satisfy the box's active permission");
}

function record(market: MarketView, box: Box): void {
    const counters = countersOf(market);
    counters.keys++;
    saveCounters(market, counters);
    const key = new BoxKey();
    key.id = counters.keys;
    key.box = box.box;
    key.key = box.key;
    key.since = box.since;
    keys(market.market).add(key.id, key);
    keyBoxes(market.market).add(key.id, box.box.N);
}
