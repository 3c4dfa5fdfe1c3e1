/** The forecast oracle records what a unit may offer at most (M-FOR). */
import { Encoder, Name, check } from "proton-tsc";
import { send } from "../shared/inline";
import { N_ADDFORECAST, N_TBIPOOL } from "../shared/names";
import { Point } from "../shared/registry_view";
import { checkAuthority } from "../shared/rules";
import { slotKey } from "../shared/values";
import { checkTradable, marketOf, paramsOf } from "./markets";
import { Forecast, UnitForecast, forecasts } from "./tables";

/** A unit's line of a forecast that is handed in. */
@packer
export class UnitMaximum {
    unit: u32 = 0;
    generation_wh: u32 = 0;
    max_wh: u32 = 0;
}

/** A point's part of a forecast that is handed in. */
@packer
export class PointForecast {
    point: u32 = 0;
    consumption_wh: u32 = 0;
    units: UnitMaximum[] = [];
}

/** By how much a group's forecast has changed. */
class Change {
    generation: i64 = 0;
    consumption: i64 = 0;

    constructor(public group: Name) {}
}

export function recordForecast(market: Name, slot: u32, points: PointForecast[]): void {
    const row = marketOf(market);
    checkAuthority(row.operator, "M-FOR-01");
    check(points.length >= 1 && points.length <= 32, "M-RAM-03: there must be 1 to 32 points");
    for (let i = 1; i < points.length; i++) {
        check(points[i - 1].point < points[i].point, "M-RAM-03: points must ascend strictly");
    }
    checkTradable(row, slot, paramsOf(market, slot), "M-FOR-02");
    const changes: Change[] = [];
    for (let i = 0; i < points.length; i++) recordPoint(market, slot, points[i], changes);
    for (let i = 0; i < changes.length; i++) tellPool(market, slot, changes[i]);
}

function recordPoint(market: Name, slot: u32, item: PointForecast, changes: Change[]): void {
    const point = Point.of(market, item.point);
    if (point == null) {
        check(false, "M-REG-02: the metering point is not registered in this market");
        return;
    }
    checkUnits(item.units);
    const key = slotKey(slot, item.point);
    const table = forecasts(market);
    const known = table.get(key);
    const before = known == null ? new Forecast() : known;
    const change = changeOf(changes, point.group);
    change.consumption += <i64>item.consumption_wh - before.consumption_wh;

    const after = new Forecast();
    after.key = key;
    after.consumption_wh = item.consumption_wh;
    for (let i = 0; i < item.units.length; i++) {
        check(point.units.includes(item.units[i].unit), "M-REG-02: the unit does not belong to this metering point");
        after.units.push(revised(item.units[i], before.units));
        change.generation += item.units[i].generation_wh;
    }
    for (let i = 0; i < before.units.length; i++) {
        const old = before.units[i];
        change.generation -= old.generation_wh;
        check(old.offered_wh == 0 || lists(after.units, old.unit), "M-FOR-03: a unit with offers may not be left out");
    }
    if (known == null) {
        table.add(key, after);
    } else {
        table.change(key, after);
    }
}

/** M-FOR-03: a revision keeps what is offered, and never goes below it. */
function revised(item: UnitMaximum, before: UnitForecast[]): UnitForecast {
    const after = new UnitForecast();
    after.unit = item.unit;
    after.generation_wh = item.generation_wh;
    after.max_wh = item.max_wh;
    for (let i = 0; i < before.length; i++) {
        if (before[i].unit != item.unit) continue;
        check(item.max_wh >= before[i].offered_wh, "M-FOR-03: more than that is offered already");
        after.offered_wh = before[i].offered_wh;
        after.offers = before[i].offers;
    }
    return after;
}

function checkUnits(units: UnitMaximum[]): void {
    check(units.length <= 8, "M-RAM-03: there must be 0 to 8 units");
    for (let i = 1; i < units.length; i++) {
        check(units[i - 1].unit < units[i].unit, "M-RAM-03: units must ascend strictly");
    }
}

function lists(units: UnitForecast[], unit: u32): bool {
    for (let i = 0; i < units.length; i++) {
        if (units[i].unit == unit) return true;
    }
    return false;
}

function changeOf(changes: Change[], group: Name): Change {
    for (let i = 0; i < changes.length; i++) {
        if (changes[i].group == group) return changes[i];
    }
    const change = new Change(group);
    changes.push(change);
    return change;
}

function tellPool(market: Name, slot: u32, change: Change): void {
    const data = new Encoder(8 + 4 + 8 + 8 + 8);
    data.packName(market);
    data.packNumber<u32>(slot);
    data.packName(change.group);
    data.packNumber<i64>(change.generation);
    data.packNumber<i64>(change.consumption);
    send(N_TBIPOOL, N_ADDFORECAST, data);
}
