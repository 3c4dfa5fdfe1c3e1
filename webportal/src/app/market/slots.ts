import { dateOf } from '../core/formats';

/** The slots of one day as the market's clock shows it. */
export interface Day {
  /** `2026-11-28`. */
  readonly date: string;
  readonly slots: readonly Date[];
}

/**
 * Slots that can still be traded, by day of the market's zone: those whose gate (`leadOf` seconds before their start)
 * is still open, up to the horizon. Counted in absolute time, so the day on which the clock changes has 92 or 100.
 */
export function tradableDays(now: Date, slotS: number, horizonS: number, leadOf: (slot: Date) => number): Day[] {
  const nowS = now.getTime() / 1000;
  const days = new Map<string, Date[]>();
  for (let start = Math.ceil(nowS / slotS) * slotS; start <= nowS + horizonS; start += slotS) {
    const at = new Date(start * 1000);
    if (start - leadOf(at) <= nowS) {
      continue;
    }
    const slots = days.get(dateOf(at));
    if (slots === undefined) {
      days.set(dateOf(at), [at]);
    } else {
      slots.push(at);
    }
  }
  return [...days].map(([date, slots]) => ({ date, slots }));
}
