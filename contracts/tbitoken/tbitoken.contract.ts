import { Contract, Name } from "proton-tsc";
import { Asset } from "../shared/asset";
import { Symbol } from "../shared/symbol";
import * as balances from "./balances";
import * as supply from "./supply";

/** The tokens of the market: EUR, and PTX for Power2X. The standard token interface. Rules: contracts/README.md, M-TOK. */
@contract
export class Token extends Contract {
    @action("create")
    create(issuer: Name, maximum_supply: Asset): void {
        supply.create(issuer, maximum_supply);
    }

    @action("issue")
    issue(to: Name, quantity: Asset, memo: string): void {
        supply.issue(to, quantity, memo);
    }

    @action("retire")
    retire(quantity: Asset, memo: string): void {
        supply.retire(quantity, memo);
    }

    @action("transfer")
    transfer(from: Name, to: Name, quantity: Asset, memo: string): void {
        balances.transfer(from, to, quantity, memo);
    }

    @action("open")
    open(owner: Name, symbol: Symbol, ram_payer: Name): void {
        balances.open(owner, symbol, ram_payer);
    }

    @action("close")
    close(owner: Name, symbol: Symbol): void {
        balances.close(owner, symbol);
    }
}
