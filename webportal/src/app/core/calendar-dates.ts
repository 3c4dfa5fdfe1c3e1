import { Injectable, Provider, effect, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { DateAdapter, MAT_DATE_FORMATS, NativeDateAdapter } from '@angular/material/core';
import { MatDatepickerIntl } from '@angular/material/datepicker';
import { TranslocoService } from '@jsverse/transloco';
import { Preferences } from './preferences';

const NUMERIC = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
const MONDAY = 1;
const FORMATS = {
  parse: { dateInput: null },
  display: {
    dateInput: NUMERIC,
    monthLabel: { month: 'short' },
    monthYearLabel: { year: 'numeric', month: 'short' },
    dateA11yLabel: { year: 'numeric', month: 'long', day: 'numeric' },
    monthYearA11yLabel: { year: 'numeric', month: 'long' },
  },
};

/** `2026-11-28`, or as both languages write it, `28.11.2026` and `28/11/2026`; null when it is no day. */
export function parsedDay(text: string): Date | null {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text.trim());
  const local = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(text.trim());
  const [year, month, day] = (iso?.slice(1) ?? local?.slice(1).reverse() ?? []).map(Number);
  const at = new Date(year, month - 1, day);
  return at.getMonth() === month - 1 && at.getDate() === day ? at : null; // none of 31 February
}

/** `2026-11-28` of a date at midnight in the browser's zone. */
export function isoDay(day: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The calendar's days in the chosen language; its dates are at midnight in the browser's zone, and mean the day alone. */
@Injectable()
class CalendarDates extends NativeDateAdapter {
  private readonly preferences = inject(Preferences);

  constructor() {
    super();
    effect(() => this.setLocale(this.preferences.language() === 'de' ? 'de-DE' : 'en-GB'));
  }

  override parse(value: unknown): Date | null {
    const text = typeof value === 'string' ? value : '';
    return text.trim() === '' ? null : (parsedDay(text) ?? this.invalid());
  }

  override getFirstDayOfWeek(): number {
    return MONDAY;
  }
}

@Injectable()
class CalendarWords extends MatDatepickerIntl {
  constructor() {
    super();
    inject(TranslocoService)
      .selectTranslateObject<Readonly<Record<string, string>>>('calendar')
      .pipe(takeUntilDestroyed())
      .subscribe((words) => {
        this.calendarLabel = words['calendar'];
        this.openCalendarLabel = words['open'];
        this.closeCalendarLabel = words['close'];
        this.prevMonthLabel = words['prevMonth'];
        this.nextMonthLabel = words['nextMonth'];
        this.prevYearLabel = words['prevYear'];
        this.nextYearLabel = words['nextYear'];
        this.prevMultiYearLabel = words['prevYears'];
        this.nextMultiYearLabel = words['nextYears'];
        this.switchToMonthViewLabel = words['toDays'];
        this.switchToMultiYearViewLabel = words['toYears'];
        this.changes.next();
      });
  }
}

export const CALENDAR: readonly Provider[] = [
  { provide: DateAdapter, useClass: CalendarDates },
  { provide: MAT_DATE_FORMATS, useValue: FORMATS },
  { provide: MatDatepickerIntl, useClass: CalendarWords },
];
