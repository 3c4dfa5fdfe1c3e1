/** The tables of the other ways to market: passive contracts, peer-to-peer deals, and what the EVU takes over. */
import { Name, Table } from "proton-tsc";
import { N_DEALS, N_PASSIVES, N_PASSPROPS, N_TAKEOVERS, N_TBIMARKET } from "../shared/names";
import { Rows } from "../shared/rows";

/** What the EVU has proposed to a unit's owner. Scope: the market. */
@table("passprops")
export class PassiveProposal extends Table {
    unit: u64 = 0;
    owner: Name = new Name();
    price: u32 = 0;
    from_slot: u32 = 0;
    until_slot: u32 = 0;

    @primary
    get primary(): u64 {
        return this.unit;
    }
}

/** A passive contract. Scope: the market. Key: unit, first slot. `until_slot` is the first without it, 0: open end. */
@table("passives")
export class PassiveContract extends Table {
    key: u64 = 0;
    owner: Name = new Name();
    price: u32 = 0;
    until_slot: u32 = 0;

    @primary
    get primary(): u64 {
        return this.key;
    }
}

/** What a seller has proposed to a buyer; accepted when it has become an offer. Scope: the market. Key: slot, unit. */
@table("deals")
export class Deal extends Table {
    key: u64 = 0;
    seller: Name = new Name();
    buyer: Name = new Name();
    energy_wh: u32 = 0;
    price: u32 = 0;
    client_key: u64 = 0;
    offer: u64 = 0;

    @primary
    get primary(): u64 {
        return this.key;
    }
}

/** What the EVU took over in a slot, and for how much of it tokens were minted, in Wh. Scope: the market. */
@table("takeovers")
export class Takeover extends Table {
    slot: u64 = 0;
    swept_wh: u64 = 0;
    passive_wh: u64 = 0;
    unused_wh: u64 = 0;
    minted_wh: u64 = 0;

    @primary
    get primary(): u64 {
        return this.slot;
    }
}

export function passiveProposals(market: Name): Rows<PassiveProposal> {
    return new Rows<PassiveProposal>(N_TBIMARKET, market.N, N_PASSPROPS);
}

export function passives(market: Name): Rows<PassiveContract> {
    return new Rows<PassiveContract>(N_TBIMARKET, market.N, N_PASSIVES);
}

export function deals(market: Name): Rows<Deal> {
    return new Rows<Deal>(N_TBIMARKET, market.N, N_DEALS);
}

export function takeovers(market: Name): Rows<Takeover> {
    return new Rows<Takeover>(N_TBIMARKET, market.N, N_TAKEOVERS);
}
