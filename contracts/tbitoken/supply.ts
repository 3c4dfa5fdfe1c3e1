/** How much of a token there is (M-TOK-02, M-TOK-03). */
import { Name, check } from "proton-tsc";
import { Asset } from "../shared/asset";
import { N_TBITOKEN } from "../shared/names";
import { checkAuthority, exists } from "../shared/rules";
import { add, checkMemo, checkQuantity, statOf, take } from "./balances";
import { Stat, stats } from "./tables";

export function create(issuer: Name, maximum: Asset): void {
    checkAuthority(new Name(N_TBITOKEN), "M-TOK-01");
    check(exists(issuer), "M-TOK-02: the issuer's account does not exist");
    check(maximum.isValid() && maximum.amount > 0, "M-TOK-02: the maximum supply must be above 0");
    const table = stats(maximum.code());
    check(!table.has(maximum.code()), "M-TOK-02: the symbol exists already");
    const stat = new Stat();
    stat.supply = new Asset(0, maximum.symbol);
    stat.max_supply = maximum;
    stat.issuer = issuer;
    table.add(maximum.code(), stat);
}

export function issue(to: Name, quantity: Asset, memo: string): void {
    const table = stats(quantity.code());
    const stat = statOf(table, quantity.code());
    check(to == stat.issuer, "M-TOK-02: tokens are issued to the issuer only");
    checkAuthority(stat.issuer, "M-TOK-01");
    checkQuantity(quantity, stat);
    checkMemo(memo);
    check(quantity.amount <= stat.max_supply.amount - stat.supply.amount, "M-TOK-03: the quantity exceeds what may still be issued");
    stat.supply.amount += quantity.amount;
    table.change(quantity.code(), stat);
    add(stat.issuer, quantity, stat.issuer);
}

export function retire(quantity: Asset, memo: string): void {
    const table = stats(quantity.code());
    const stat = statOf(table, quantity.code());
    checkAuthority(stat.issuer, "M-TOK-01");
    checkQuantity(quantity, stat);
    checkMemo(memo);
    take(stat.issuer, quantity);
    stat.supply.amount -= quantity.amount;
    table.change(quantity.code(), stat);
}
