import { Injectable, computed, inject } from '@angular/core';
import { Language, Preferences } from './preferences';

export const ZONE = 'Europe/Berlin';
/** Where there is nothing to show. */
export const NONE = '–';

/** Numbers and times as the chosen language writes them. Times are the market's: Europe/Berlin, wherever the reader is. */
@Injectable({ providedIn: 'root' })
export class Formats {
  private readonly preferences = inject(Preferences);
  private readonly of = computed(() => formatters(this.preferences.language()));

  /** Wh, shown as kWh. */
  energy(wh: number | null | undefined): string {
    return wh == null ? NONE : `${this.of().energy.format(wh / 1000)}\u00a0kWh`;
  }

  /** Wh as somebody would type them, in kWh. */
  energyToType(wh: number): string {
    const point = this.preferences.language() === 'de' ? ',' : '.';
    return `${Math.floor(wh / 1000)}${point}${String(wh % 1000).padStart(3, '0')}`;
  }

  /** A decimal string as somebody would type it. */
  decimalToType(decimal: string): string {
    return this.preferences.language() === 'de' ? decimal.replace('.', ',') : decimal;
  }

  /** A difference in Wh, with its sign. */
  signedEnergy(wh: number | null | undefined): string {
    return wh == null ? NONE : `${minus(this.of().signedEnergy.format(wh / 1000))}\u00a0kWh`;
  }

  /** A decimal string of ct per kWh. It never becomes a float. */
  price(ctPerKwh: string | null | undefined): string {
    return ctPerKwh == null ? NONE : `${this.decimal(this.of().price, ctPerKwh)}\u00a0ct/kWh`;
  }

  /** A decimal string of EUR. It never becomes a float. */
  money(eur: string | null | undefined): string {
    return eur == null ? NONE : `${this.decimal(this.of().money, eur)}\u00a0€`;
  }

  /** A change of money, with its sign. */
  signedMoney(eur: string | null | undefined): string {
    return eur == null ? NONE : `${this.decimal(this.of().signedMoney, eur)}\u00a0€`;
  }

  number(value: number): string {
    return this.of().number.format(value);
  }

  /** A power in kW. */
  power(kw: number | null | undefined): string {
    return kw == null ? NONE : `${this.of().number.format(kw)}\u00a0kW`;
  }

  /** `Sa., 28.11.2026, 10:15–10:30`, or without an end `Sa., 28.11.2026, 10:15`. */
  slot(start: string | null | undefined, end?: string | null): string {
    if (start == null) {
      return NONE;
    }
    const at = new Date(start);
    return `${this.of().day.format(at)}, ${this.slotTime(at, end == null ? null : new Date(end))}`;
  }

  /** `10:15–10:30`; the doubled hour in autumn says which of the two it is. */
  slotTime(start: Date, end: Date | null): string {
    const whole = [start, end ?? start].every((at) => at.getTime() % 60_000 === 0);
    const of = whole ? this.of().time : this.of().timeWithSeconds;
    const zone = isDoubledHour(start) ? ` ${this.zone(start)}` : '';
    return `${of.format(start)}${end === null ? '' : `–${of.format(end)}`}${zone}`;
  }

  day(at: Date | string): string {
    return this.of().day.format(new Date(at));
  }

  moment(at: string | null | undefined): string {
    return at == null ? NONE : this.of().moment.format(new Date(at));
  }

  /** A length of time that somebody has set, in the largest unit that divides it: `4 Tage`, `15 Minuten`. */
  duration(seconds: number): string {
    const unit = LENGTHS.find((each) => seconds > 0 && seconds % each.seconds === 0) ?? LENGTHS[LENGTHS.length - 1];
    const format = this.of().lengths[unit.unit];
    return format.format(seconds / unit.seconds).replace(' ', '\u00a0');
  }

  /** Time left, in words short enough for a table. */
  left(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
    if (h >= 24) {
      return this.preferences.language() === 'de'
        ? `${Math.floor(h / 24)} T ${h % 24} Std`
        : `${Math.floor(h / 24)} d ${h % 24} h`;
    }
    if (h > 0) {
      return this.preferences.language() === 'de' ? `${h} Std ${m} Min` : `${h} h ${m} min`;
    }
    return `${m}:${String(s).padStart(2, '0')} ${this.preferences.language() === 'de' ? 'Min' : 'min'}`;
  }

  private zone(at: Date): string {
    const parts = this.of().zone.formatToParts(at);
    return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  }

  private decimal(format: Intl.NumberFormat, text: string): string {
    return /^-?\d+(\.\d+)?$/.test(text) ? minus(format.format(text as Intl.StringNumericLiteral)) : text;
  }
}

/** Whether the hour comes twice on the clock: in the night in which summer time ends. */
export function isDoubledHour(at: Date): boolean {
  const hour = 3_600_000;
  const here = clock(at);
  return clock(new Date(at.getTime() - hour)) === here || clock(new Date(at.getTime() + hour)) === here;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

function clock(at: Date): string {
  return CLOCK.format(at);
}

/** A hyphen is too short for a minus. */
function minus(text: string): string {
  return text.replace('-', '\u2212');
}

const LENGTHS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

const DATE = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' });

/** The day in the market's zone, as `2026-11-28`. */
export function dateOf(at: Date): string {
  return DATE.format(at);
}

function formatters(language: Language) {
  const locale = language === 'de' ? 'de-DE' : 'en-GB';
  const times = { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const days = { timeZone: ZONE, weekday: 'short', day: '2-digit', month: '2-digit', year: 'numeric' } as const;
  const decimals = (least: number, most: number, signDisplay: 'auto' | 'exceptZero' = 'auto'): Intl.NumberFormat =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most, signDisplay });
  const length = (unit: string): Intl.NumberFormat =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return {
    lengths: { day: length('day'), hour: length('hour'), minute: length('minute'), second: length('second') },
    energy: decimals(3, 3),
    signedEnergy: decimals(3, 3, 'exceptZero'),
    signedMoney: decimals(2, 4, 'exceptZero'),
    price: decimals(2, 4),
    money: decimals(2, 4),
    number: decimals(0, 3),
    time: new Intl.DateTimeFormat(locale, times),
    timeWithSeconds: new Intl.DateTimeFormat(locale, { ...times, second: '2-digit' }),
    day: new Intl.DateTimeFormat(locale, days),
    moment: new Intl.DateTimeFormat(locale, {
      timeZone: ZONE,
      day: '2-digit',
      month: '2-digit',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
    zone: new Intl.DateTimeFormat(locale, { timeZone: ZONE, timeZoneName: 'short' }),
  };
}
