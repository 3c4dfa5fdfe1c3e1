/** Who holds how much (M-TOK-02, M-TOK-03). */
import { Name, check } from "proton-tsc";
import { Asset } from "../shared/asset";
import { has_auth, require_recipient } from "../shared/env";
import { Rows } from "../shared/rows";
import { checkAuthority, exists } from "../shared/rules";
import { Symbol } from "../shared/symbol";
import { Balance, Stat, balancesOf, stats } from "./tables";

export function transfer(sender: Name, to: Name, quantity: Asset, memo: string): void {
    check(sender != to, "M-TOK-02: nobody sends to himself");
    checkAuthority(sender, "M-TOK-01");
    check(exists(to), "M-TOK-02: the receiver's account does not exist");
    const stat = statOf(stats(quantity.code()), quantity.code());
    checkQuantity(quantity, stat);
    checkMemo(memo);
    require_recipient(sender.N);
    require_recipient(to.N);
    take(sender, quantity);
    add(to, quantity, has_auth(to.N) ? to : sender); // M-RAM-02: a new row is paid by whom has signed
}

/** An empty row, so that the owner can be sent tokens without the sender paying its RAM. */
export function open(owner: Name, symbol: Symbol, payer: Name): void {
    checkAuthority(payer, "M-TOK-01");
    check(exists(owner), "M-TOK-02: the owner's account does not exist");
    const empty = new Asset(0, symbol.value);
    const stat = statOf(stats(empty.code()), empty.code());
    check(stat.supply.symbol == symbol.value, "M-TOK-02: the symbol has another precision");
    const table = balancesOf(owner);
    if (!table.has(empty.code())) {
        const row = new Balance();
        row.balance = empty;
        table.addPaidBy(payer.N, empty.code(), row);
    }
}

export function close(owner: Name, symbol: Symbol): void {
    checkAuthority(owner, "M-TOK-01");
    const code = symbol.value >> 8;
    const table = balancesOf(owner);
    const row = table.get(code);
    if (row == null) {
        check(false, "M-TOK-03: there is no balance row to close");
        return;
    }
    check(row.balance.amount == 0, "M-TOK-03: only an empty balance row is closed");
    table.remove(code);
}

export function statOf(table: Rows<Stat>, code: u64): Stat {
    const stat = table.get(code);
    check(stat != null, "M-TOK-02: there is no such token");
    return stat!;
}

export function checkQuantity(quantity: Asset, stat: Stat): void {
    check(quantity.isValid() && quantity.amount > 0, "M-TOK-02: the quantity must be above 0");
    check(quantity.symbol == stat.supply.symbol, "M-TOK-02: the quantity has another precision than the token");
}

export function checkMemo(memo: string): void {
    check(String.UTF8.byteLength(memo) <= 256, "M-TOK-02: the memo has more than 256 bytes");
}

export function take(owner: Name, quantity: Asset): void {
    const table = balancesOf(owner);
    const row = table.get(quantity.code());
    if (row == null || row.balance.amount < quantity.amount) {
        check(false, "M-TOK-03: the balance is too small");
        return;
    }
    row.balance.amount -= quantity.amount;
    table.change(quantity.code(), row);
}

/** No overflow: no balance exceeds the supply, and the supply never its maximum. */
export function add(owner: Name, quantity: Asset, payer: Name): void {
    const table = balancesOf(owner);
    let row = table.get(quantity.code());
    if (row == null) {
        row = new Balance();
        row.balance = quantity;
        table.addPaidBy(payer.N, quantity.code(), row);
    } else {
        row.balance.amount += quantity.amount;
        table.change(quantity.code(), row);
    }
}
