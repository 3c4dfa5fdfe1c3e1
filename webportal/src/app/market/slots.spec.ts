import { dayBounds, shiftDay } from '../core/days';
import { rulesOf } from './market-api';
import { tradableDays } from './slots';

const DAY_S = 86_400;

describe('slots', () => {
  it('leave out those whose gate is closed', () => {
    const days = tradableDays(new Date('2026-11-28T09:00:00Z'), 900, 3600, () => 900);
    expect(days[0].slots.map((slot) => slot.toISOString().slice(11, 16))).toEqual(['09:30', '09:45', '10:00']);
  });

  it('fall into days of the market: 96 of them, 100 or 92 when the clock changes', () => {
    const counts = (from: string): number[] =>
      tradableDays(new Date(from), 900, 3 * DAY_S, () => 0).map((day) => day.slots.length);
    expect(counts('2026-11-28T09:00:00Z')[1]).toBe(96);
    expect(counts('2026-10-24T09:00:00Z')[1]).toBe(100);
    expect(counts('2027-03-27T09:00:00Z')[1]).toBe(92);
  });

  it('follow the rules that hold for them', () => {
    const rules = (from_slot: string | null, lead_s: number) => ({ from_slot, lead_s }) as never;
    const parameters = {
      market: 'lem',
      slot_s: 900,
      horizon_s: 1,
      items: [rules('2026-12-01T00:00:00Z', 60), rules(null, 900)],
    };
    expect(rulesOf(parameters, new Date('2026-11-30T23:45:00Z'))?.lead_s).toBe(900);
    expect(rulesOf(parameters, new Date('2026-12-01T00:00:00Z'))?.lead_s).toBe(60);
  });
});

describe('days of the balancing group', () => {
  it('begin and end at midnight of the market', () => {
    const bounds = (date: string): string[] => Object.values(dayBounds(date)).map((at) => at.toISOString());
    expect(bounds('2026-11-28')).toEqual(['2026-11-27T23:00:00.000Z', '2026-11-28T23:00:00.000Z']);
    expect(bounds('2026-10-25')).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z']);
    expect(bounds('2027-03-28')).toEqual(['2027-03-27T23:00:00.000Z', '2027-03-28T22:00:00.000Z']);
  });

  it('follow each other', () => {
    expect(shiftDay('2026-12-31', 1)).toBe('2027-01-01');
    expect(shiftDay('2028-03-01', -1)).toBe('2028-02-29');
  });
});
