import { Checksum256, Name, Table } from "proton-tsc";
import {
    N_BOXES, N_BOXPOINTS, N_BOXSTATE, N_COUNTERS, N_EVENTS, N_KEYS, N_PARTICIPANTS, N_POINTS, N_TBICLSBOX, N_UNITS,
} from "../shared/names";
import { PublicKey } from "../shared/publickey";
import { Index, Rows } from "../shared/rows";

// The layouts of `participants`, `points` and `units` are also known to shared/registry_view.ts.

/** Who takes part. Scope: the market. Index 2: the account. */
@table("participants")
export class Participant extends Table {
    id: u64 = 0;
    account: Name = new Name();
    points: u32[] = [];

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** A box and the key that it signs with now. Scope: the market. */
@table("boxes")
export class Box extends Table {
    box: Name = new Name();
    key: PublicKey = new PublicKey();
    since: u32 = 0;

    @primary
    get primary(): u64 {
        return this.box.N;
    }
}

/** Every key that a box ever had (M-REG-04). Scope: the market. Index 2: the box. */
@table("keys")
export class BoxKey extends Table {
    id: u64 = 0;
    box: Name = new Name();
    key: PublicKey = new PublicKey();
    since: u32 = 0;

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** A metering point. Scope: the market. Index 2: the first 8 bytes of the hash. */
@table("points")
export class Point extends Table {
    id: u64 = 0;
    hash: Checksum256 = new Checksum256();
    prefix: u64 = 0;
    participant: u32 = 0;
    account: Name = new Name();
    box: Name = new Name();
    group: Name = new Name();
    since: u32 = 0;
    units: u32[] = [];

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** A unit that produces. Scope: the market. Index 2: the first 8 bytes of the hash. */
@table("units")
export class Unit extends Table {
    id: u64 = 0;
    hash: Checksum256 = new Checksum256();
    prefix: u64 = 0;
    point: u32 = 0;
    since: u32 = 0;

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** The last ids given, and which events come next. Scope: the market. One row, id 0. */
@table("counters")
export class Counters extends Table {
    id: u64 = 0;
    participants: u32 = 0;
    points: u32 = 0;
    units: u32 = 0;
    keys: u32 = 0;
    event_slot: u32 = 0;
    event_point: u32 = 0;

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** Where a box takes part. Scope: the box. */
@table("boxpoints")
export class BoxPoint extends Table {
    id: u64 = 0;
    market: Name = new Name();
    point: u32 = 0;
    slot_s: u32 = 0;

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** What a box is asked for. Scope: the box. Index 2: `due`, that is slot and point. */
@table("events")
export class Event extends Table {
    id: u64 = 0;
    due: u64 = 0;
    market: Name = new Name();
    kind: Name = new Name();
    point: u32 = 0;
    slot: u32 = 0;
    energy_wh: u32 = 0;
    buyer: Name = new Name();
    raised_at: u32 = 0;
    by_hand: bool = false;

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** The next ids of a box's events and points; never used again. Scope: the box. One row, id 0. */
@table("boxstate")
export class BoxState extends Table {
    id: u64 = 0;
    next_event: u64 = 1;
    next_point: u64 = 1;

    @primary
    get primary(): u64 {
        return this.id;
    }
}

export function participants(market: Name): Rows<Participant> {
    return new Rows<Participant>(N_TBICLSBOX, market.N, N_PARTICIPANTS);
}

export function participantAccounts(market: Name): Index {
    return new Index(N_TBICLSBOX, market.N, N_PARTICIPANTS, 2);
}

export function boxes(market: Name): Rows<Box> {
    return new Rows<Box>(N_TBICLSBOX, market.N, N_BOXES);
}

export function keys(market: Name): Rows<BoxKey> {
    return new Rows<BoxKey>(N_TBICLSBOX, market.N, N_KEYS);
}

export function keyBoxes(market: Name): Index {
    return new Index(N_TBICLSBOX, market.N, N_KEYS, 2);
}

export function points(market: Name): Rows<Point> {
    return new Rows<Point>(N_TBICLSBOX, market.N, N_POINTS);
}

export function pointPrefixes(market: Name): Index {
    return new Index(N_TBICLSBOX, market.N, N_POINTS, 2);
}

export function units(market: Name): Rows<Unit> {
    return new Rows<Unit>(N_TBICLSBOX, market.N, N_UNITS);
}

export function unitPrefixes(market: Name): Index {
    return new Index(N_TBICLSBOX, market.N, N_UNITS, 2);
}

export function counters(market: Name): Rows<Counters> {
    return new Rows<Counters>(N_TBICLSBOX, market.N, N_COUNTERS);
}

export function boxPoints(box: Name): Rows<BoxPoint> {
    return new Rows<BoxPoint>(N_TBICLSBOX, box.N, N_BOXPOINTS);
}

export function events(box: Name): Rows<Event> {
    return new Rows<Event>(N_TBICLSBOX, box.N, N_EVENTS);
}

export function eventsByDue(box: Name): Index {
    return new Index(N_TBICLSBOX, box.N, N_EVENTS, 2);
}

export function boxStates(box: Name): Rows<BoxState> {
    return new Rows<BoxState>(N_TBICLSBOX, box.N, N_BOXSTATE);
}
