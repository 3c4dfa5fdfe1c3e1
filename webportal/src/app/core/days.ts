import { dateOf } from './formats';

const HOUR_MS = 3_600_000;

/** The day so many days later. */
export function shiftDay(date: string, days: number): string {
  const noon = new Date(`${date}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() + days);
  return noon.toISOString().slice(0, 10);
}

/** Where the day begins and ends. A day on which the clock changes has 23 or 25 hours. */
export function dayBounds(date: string): { from: Date; to: Date } {
  return { from: midnight(date), to: midnight(shiftDay(date, 1)) };
}

/** The first day that begins later than that. */
export function dayAfter(at: Date): string {
  return shiftDay(dateOf(at), 1);
}

/** First and last day (Monday, Sunday) of the week in which the day lies. */
export function weekOf(date: string): readonly [string, string] {
  const sinceMonday = (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7;
  const first = shiftDay(date, -sinceMonday);
  return [first, shiftDay(first, 6)];
}

function midnight(date: string): Date {
  const utc = Date.parse(`${date}T00:00:00Z`);
  // The zone is one or two hours ahead of UTC; its clocks never change at midnight.
  const early = new Date(utc - 2 * HOUR_MS);
  return dateOf(early) === date ? early : new Date(utc - HOUR_MS);
}
