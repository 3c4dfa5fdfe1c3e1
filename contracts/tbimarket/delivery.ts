/** Delivery (M-DEL): a box hands in the readings of a slot, signed by its TPM. */
import { Encoder, Name, check } from "proton-tsc";
import { send } from "../shared/inline";
import { N_ACK, N_ADDMEASURED, N_TBICLSBOX, N_TBIPOOL } from "../shared/names";
import { Point } from "../shared/registry_view";
import { checkAuthority } from "../shared/rules";
import { now, share, slotKey } from "../shared/values";
import { deadlineOf, endOf, marketOf } from "./markets";
import { Market, Reading, UnitReading, readings } from "./tables";
import { markDelivered } from "./watermarks";

export namespace Arrival {
    export const ON_TIME: u8 = 0;
    export const LATE: u8 = 1;
    export const RECORD_ONLY: u8 = 2;
}

/** A unit's line of a reading that is handed in. */
@packer
export class UnitProduction {
    unit: u32 = 0;
    produced_wh: u32 = 0;
}

/** A point's reading that is handed in. */
@packer
export class PointReading {
    point: u32 = 0;
    fed_in_wh: u32 = 0;
    consumed_wh: u32 = 0;
    units: UnitProduction[] = [];
}

/** What the points of a group have measured. */
class Measured {
    fedIn: u64 = 0;
    consumed: u64 = 0;

    constructor(public group: Name) {}
}

export function deliver(market: Name, box: Name, slot: u32, list: PointReading[]): void {
    checkAuthority(box, "M-DEL-01");
    const row = marketOf(market);
    check(list.length >= 1 && list.length <= 16, "M-RAM-03: there must be 1 to 16 readings");
    for (let i = 1; i < list.length; i++) {
        check(list[i - 1].point < list[i].point, "M-RAM-03: readings must ascend strictly");
    }
    check(slot % row.slot_s == 0, "M-DEL-03: a slot begins at a multiple of the market's slot length");
    check(now() >= endOf(row, slot), "M-DEL-03: the slot has not ended");
    const status = arrivalOf(row, slot);
    const sums: Measured[] = [];
    for (let i = 0; i < list.length; i++) deliverPoint(row, box, slot, list[i], status, sums);
    if (status == Arrival.RECORD_ONLY) return;
    for (let i = 0; i < sums.length; i++) tellPool(market, slot, sums[i]);
}

function deliverPoint(market: Market, box: Name, slot: u32, item: PointReading, status: u8, sums: Measured[]): void {
    const point = Point.of(market.market, item.point);
    if (point == null || point.box != box) {
        check(false, "M-DEL-01: only the metering point's box delivers for it");
        return;
    }
    check(point.since <= slot, "M-DEL-05: the metering point was registered after this slot began");
    checkUnits(item.units, point);
    markDelivered(market, item.point, slot);

    const reading = new Reading();
    reading.key = slotKey(slot, item.point);
    reading.box = box;
    reading.fed_in_wh = item.fed_in_wh;
    reading.consumed_wh = item.consumed_wh;
    reading.units = split(item, point.units);
    reading.delivered_at = <u32>now();
    reading.status = status;
    readings(market.market).add(reading.key, reading);
    acknowledge(market.market, box, item.point, slot);
    const sum = sumOf(sums, point.group);
    sum.fedIn += item.fed_in_wh;
    sum.consumed += item.consumed_wh;
}

function checkUnits(units: UnitProduction[], point: Point): void {
    check(units.length <= 8, "M-RAM-03: there must be 0 to 8 units");
    for (let i = 1; i < units.length; i++) {
        check(units[i - 1].unit < units[i].unit, "M-RAM-03: units must ascend strictly");
    }
    for (let i = 0; i < units.length; i++) {
        check(point.units.includes(units[i].unit), "M-REG-02: the unit does not belong to this metering point");
    }
}

/** The feed-in split over the point's units by what each produced; nothing is lost to rounding (M-DEL-06). */
function split(item: PointReading, units: u32[]): UnitReading[] {
    let total: u64 = 0;
    for (let i = 0; i < item.units.length; i++) total += item.units[i].produced_wh;
    const rows: UnitReading[] = [];
    let soFar: u64 = 0;
    let given: u32 = 0;
    for (let i = 0; i < units.length; i++) {
        const row = new UnitReading();
        row.unit = units[i];
        row.produced_wh = productionOf(item.units, units[i]);
        soFar += row.produced_wh;
        const upTo = total == 0 ? item.fed_in_wh : share(item.fed_in_wh, soFar, total);
        row.fed_in_wh = upTo - given;
        given = upTo;
        rows.push(row);
    }
    return rows;
}

function productionOf(units: UnitProduction[], unit: u32): u32 {
    for (let i = 0; i < units.length; i++) {
        if (units[i].unit == unit) return units[i].produced_wh;
    }
    return 0;
}

/** M-DEL-04: late readings settle until the deadline; after it they are a record only. Nothing is dropped. */
function arrivalOf(market: Market, slot: u32): u8 {
    if (now() <= endOf(market, slot) + market.slot_s) return Arrival.ON_TIME;
    return now() <= deadlineOf(market, slot) ? Arrival.LATE : Arrival.RECORD_ONLY;
}

function sumOf(sums: Measured[], group: Name): Measured {
    for (let i = 0; i < sums.length; i++) {
        if (sums[i].group == group) return sums[i];
    }
    const sum = new Measured(group);
    sums.push(sum);
    return sum;
}

function acknowledge(market: Name, box: Name, point: u32, slot: u32): void {
    const data = new Encoder(8 + 8 + 4 + 4);
    data.packName(market);
    data.packName(box);
    data.packNumber<u32>(point);
    data.packNumber<u32>(slot);
    send(N_TBICLSBOX, N_ACK, data);
}

function tellPool(market: Name, slot: u32, sum: Measured): void {
    const data = new Encoder(8 + 4 + 8 + 8 + 8);
    data.packName(market);
    data.packNumber<u32>(slot);
    data.packName(sum.group);
    data.packNumber<u64>(sum.fedIn);
    data.packNumber<u64>(sum.consumed);
    send(N_TBIPOOL, N_ADDMEASURED, data);
}
