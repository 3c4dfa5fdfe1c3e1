import { Name, Table } from "proton-tsc";
import { N_FIGURES, N_GROUPS, N_TBIPOOL } from "../shared/names";
import { Index, Rows } from "../shared/rows";

/** A balancing group. Scope: the market. Index 2: the group's name. */
@table("groups")
export class Group extends Table {
    id: u64 = 0;
    group: Name = new Name();

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** The figures of a slot and group, in Wh. Scope: the market. Key: slot, group id. Residual: + is feed-in. */
@table("figures")
export class Figures extends Table {
    key: u64 = 0;
    forecast_generation_wh: u64 = 0;
    forecast_consumption_wh: u64 = 0;
    fed_in_wh: u64 = 0;
    consumed_wh: u64 = 0;
    traded_wh: u64 = 0;
    residual_wh: i64 = 0;

    @primary
    get primary(): u64 {
        return this.key;
    }
}

export function groups(market: Name): Rows<Group> {
    return new Rows<Group>(N_TBIPOOL, market.N, N_GROUPS);
}

export function groupNames(market: Name): Index {
    return new Index(N_TBIPOOL, market.N, N_GROUPS, 2);
}

export function figures(market: Name): Rows<Figures> {
    return new Rows<Figures>(N_TBIPOOL, market.N, N_FIGURES);
}
