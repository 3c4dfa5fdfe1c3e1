import { describe, expect, it } from 'vitest';
import { BalancingGroupItemsInner } from '../api/background-manager-logic/model/balancing-group-items-inner';
import { dayBounds, weekOf } from '../core/days';
import { days, together } from './rows';

const slot = (start: string, fed: number, status: BalancingGroupItemsInner['status'] = 'settled') =>
  ({
    slot_start: start,
    slot_end: start,
    status,
    forecast_generation_wh: 7,
    forecast_consumption_wh: 5,
    produced_wh: fed,
    fed_in_wh: fed,
    consumed_wh: 1,
    traded_wh: 0,
    residual_wh: fed,
  }) as unknown as BalancingGroupItemsInner;

describe('rows of the balancing group', () => {
  it('a day is one of the market, not of UTC', () => {
    const rows = days([
      slot('2026-11-27T22:45:00Z', 1),
      slot('2026-11-27T23:00:00Z', 2),
      slot('2026-11-28T22:45:00Z', 4),
    ]);
    expect(rows.map((row) => row.fed_in_wh)).toEqual([1, 6]);
    expect(rows[1].consumed_wh).toBe(2);
  });

  it('a day stands as its slots do', () => {
    expect(together(['settled', 'settled', 'empty'])).toBe('settled');
    expect(together(['settled', 'forecast'])).toBe('running');
    expect(together(['settled', 'incomplete', 'forecast'])).toBe('incomplete');
    expect(together(['settled', 'measured'])).toBe('measured');
    expect(together([])).toBe('empty');
  });

  it('a week begins on Monday, and has an hour more or less when the clocks change', () => {
    expect(weekOf('2026-11-28')).toEqual(['2026-11-23', '2026-11-29']);
    expect(weekOf('2026-11-23')).toEqual(['2026-11-23', '2026-11-29']);
    const [first, last] = weekOf('2026-10-25');
    const hours = (dayBounds(last).to.getTime() - dayBounds(first).from.getTime()) / 3_600_000;
    expect(hours).toBe(7 * 24 + 1);
  });
});
