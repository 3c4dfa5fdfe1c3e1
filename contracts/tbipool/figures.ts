/** Figures that follow from the market's actions (M-POO-01). */
import { Name } from "proton-tsc";
import { N_TBIMARKET } from "../shared/names";
import { checkAuthority } from "../shared/rules";
import { slotKey } from "../shared/values";
import { Figures, Group, figures, groupNames, groups } from "./tables";

/** Differences to what was forecast before: they may be negative. */
export function addForecast(market: Name, slot: u32, group: Name, generation: i64, consumption: i64): void {
    checkMarket();
    const row = figuresOf(market, slot, group);
    row.forecast_generation_wh += generation;
    row.forecast_consumption_wh += consumption;
    figures(market).put(row.key, row);
}

export function addMeasured(market: Name, slot: u32, group: Name, fedIn: u64, consumed: u64): void {
    checkMarket();
    const row = figuresOf(market, slot, group);
    row.fed_in_wh += fedIn;
    row.consumed_wh += consumed;
    row.residual_wh += <i64>fedIn - <i64>consumed;
    figures(market).put(row.key, row);
}

export function addTraded(market: Name, slot: u32, group: Name, energy: u64): void {
    checkMarket();
    const row = figuresOf(market, slot, group);
    row.traded_wh += energy;
    figures(market).put(row.key, row);
}

function checkMarket(): void {
    checkAuthority(new Name(N_TBIMARKET), "M-POO-01");
}

function figuresOf(market: Name, slot: u32, group: Name): Figures {
    const key = slotKey(slot, idOf(market, group));
    let row = figures(market).get(key);
    if (row == null) {
        row = new Figures();
        row.key = key;
    }
    return row;
}

/** A group's id, given out from 1 in the order in which the groups appear. */
function idOf(market: Name, group: Name): u32 {
    const names = groupNames(market);
    if (names.first(group.N) >= 0) return <u32>names.id;
    const table = groups(market);
    const last = table.upTo(u64.MAX_VALUE);
    const row = new Group();
    row.id = last == null ? 1 : last.id + 1;
    row.group = group;
    table.add(row.id, row);
    names.add(row.id, group.N);
    return <u32>row.id;
}
