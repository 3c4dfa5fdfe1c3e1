import { Name, Table } from "proton-tsc";
import { Asset } from "../shared/asset";
import { N_ACCOUNTS, N_STAT, N_TBITOKEN } from "../shared/names";
import { Rows } from "../shared/rows";

/** What an account holds of a token. Scope: the owner. */
@table("accounts")
export class Balance extends Table {
    balance: Asset = new Asset();

    @primary
    get primary(): u64 {
        return this.balance.code();
    }
}

/** A token. Scope: its symbol code. */
@table("stat")
export class Stat extends Table {
    supply: Asset = new Asset();
    max_supply: Asset = new Asset();
    issuer: Name = new Name();

    @primary
    get primary(): u64 {
        return this.supply.code();
    }
}

export function balancesOf(owner: Name): Rows<Balance> {
    return new Rows<Balance>(N_TBITOKEN, owner.N, N_ACCOUNTS);
}

export function stats(code: u64): Rows<Stat> {
    return new Rows<Stat>(N_TBITOKEN, code, N_STAT);
}
