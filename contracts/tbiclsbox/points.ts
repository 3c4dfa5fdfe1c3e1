/** Participants, metering points and units (M-REG-01 .. M-REG-03). */
import { Checksum256, Name, check } from "proton-tsc";
import { MarketView } from "../shared/market_view";
import { Index, Rows } from "../shared/rows";
import { checkAuthority, exists } from "../shared/rules";
import { now } from "../shared/values";
import { countersOf, saveCounters } from "./counters";
import {
    BoxPoint, BoxState, Participant, Point, Unit, boxPoints, boxStates, boxes, participantAccounts, participants, pointPrefixes, points,
    unitPrefixes, units,
} from "./tables";

const MAX_POINTS = 8;
const MAX_UNITS = 8;

/** A metering point; with an account's first one comes the participant (M-REG-03). */
export function regPoint(market: Name, account: Name, box: Name, group: Name, hash: Checksum256): void {
    const row = new MarketView(market);
    checkAuthority(row.operator, "M-REG-01");
    check(boxes(market).has(box.N), "M-REG-02: the box is not registered in this market");
    check(exists(account), "M-REG-01: the participant's account does not exist");
    const table = points(market);
    check(!isPointKnown(market, table, hash), "M-REG-01: the metering point is registered already");

    const counters = countersOf(row);
    const accounts = participantAccounts(market);
    const known = accounts.first(account.N) >= 0;
    const owner = known ? participants(market).get(accounts.id)! : new Participant();
    check(owner.points.length < MAX_POINTS, "M-RAM-03: a participant has at most 8 points");

    counters.points++;
    owner.points.push(counters.points);
    if (known) {
        participants(market).change(owner.id, owner);
    } else {
        counters.participants++;
        owner.id = counters.participants;
        owner.account = account;
        participants(market).add(owner.id, owner);
        accounts.add(owner.id, account.N);
    }
    saveCounters(row, counters);

    const point = new Point();
    point.id = counters.points;
    point.hash = hash;
    point.prefix = prefixOf(hash);
    point.participant = <u32>owner.id;
    point.account = account;
    point.box = box;
    point.group = group;
    point.since = <u32>now();
    table.add(point.id, point);
    pointPrefixes(market).add(point.id, point.prefix);
    tellBox(row, box, counters.points);
}

export function regUnit(market: Name, pointId: u32, hash: Checksum256): void {
    const row = new MarketView(market);
    checkAuthority(row.operator, "M-REG-01");
    const table = points(market);
    const point = table.get(pointId);
    if (point == null) {
        check(false, "M-REG-02: the metering point is not registered in this market");
        return;
    }
    check(!isUnitKnown(market, hash), "M-REG-01: the unit is registered already");
    check(point.units.length < MAX_UNITS, "M-RAM-03: a metering point has at most 8 units");

    const counters = countersOf(row);
    counters.units++;
    saveCounters(row, counters);
    const unit = new Unit();
    unit.id = counters.units;
    unit.hash = hash;
    unit.prefix = prefixOf(hash);
    unit.point = pointId;
    unit.since = <u32>now();
    units(market).add(unit.id, unit);
    unitPrefixes(market).add(unit.id, unit.prefix);
    point.units.push(counters.units);
    table.change(point.id, point);
}

/** What a box reads to know where it takes part. */
function tellBox(market: MarketView, box: Name, point: u32): void {
    const states = boxStates(box);
    const known = states.get(0);
    const state = known == null ? new BoxState() : known;
    const place = new BoxPoint();
    place.id = state.next_point;
    place.market = market.market;
    place.point = point;
    place.slot_s = market.slot_s;
    boxPoints(box).add(place.id, place);
    state.next_point++;
    states.put(0, state);
}

/** The hash's first 8 bytes, big-endian: the index leads to the few rows that have to be compared. */
function prefixOf(hash: Checksum256): u64 {
    return bswap<u64>(load<u64>(hash.data.dataStart));
}

function isPointKnown(market: Name, table: Rows<Point>, hash: Checksum256): bool {
    const index = pointPrefixes(market);
    const prefix = prefixOf(hash);
    for (let at = index.from(prefix), end = index.after(prefix); at >= 0 && at != end; at = index.next(at)) {
        if (table.get(index.id)!.hash == hash) return true;
    }
    return false;
}

function isUnitKnown(market: Name, hash: Checksum256): bool {
    const index: Index = unitPrefixes(market);
    const table = units(market);
    const prefix = prefixOf(hash);
    for (let at = index.from(prefix), end = index.after(prefix); at >= 0 && at != end; at = index.next(at)) {
        if (table.get(index.id)!.hash == hash) return true;
    }
    return false;
}
