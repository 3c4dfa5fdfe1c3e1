import { BalancingGroupItemsInner } from '../api/background-manager-logic/model/balancing-group-items-inner';
import { dateOf } from '../core/formats';

export type Status = BalancingGroupItemsInner['status'];

export const COLUMNS = [
  'forecast_generation_wh',
  'forecast_consumption_wh',
  'produced_wh',
  'fed_in_wh',
  'consumed_wh',
  'traded_wh',
] as const;
export type Column = (typeof COLUMNS)[number] | 'residual_wh';

/** A slot, or a day of slots. */
export interface BalanceRow extends Record<Column, number> {
  readonly start: Date;
  readonly end: Date;
  readonly status: Status;
}

export function slots(items: readonly BalancingGroupItemsInner[]): BalanceRow[] {
  return items.map((item) => ({ ...item, start: new Date(item.slot_start), end: new Date(item.slot_end) }));
}

/** A row for each day of the market's zone. */
export function days(items: readonly BalancingGroupItemsInner[]): BalanceRow[] {
  const found = new Map<string, BalanceRow[]>();
  for (const row of slots(items)) {
    const date = dateOf(row.start);
    found.set(date, [...(found.get(date) ?? []), row]);
  }
  return [...found.values()].map((rows) => ({
    ...(Object.fromEntries(
      [...COLUMNS, 'residual_wh' as const].map((column) => [column, sum(rows.map((row) => row[column]))]),
    ) as Record<Column, number>),
    start: rows[0].start,
    end: rows[rows.length - 1].end,
    status: together(rows.map((row) => row.status)),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** A day stands as its slots do; where they differ, as what is still to come or to be mended. */
export function together(statuses: readonly Status[]): Status {
  const all = new Set(statuses.filter((status) => status !== 'empty'));
  if (all.size <= 1) {
    return [...all][0] ?? 'empty';
  }
  return all.has('incomplete') ? 'incomplete' : all.has('forecast') || all.has('running') ? 'running' : 'measured';
}
