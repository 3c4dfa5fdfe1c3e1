import { ChangeDetectionStrategy, Component, computed, inject, input, model } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDatepickerModule } from '@angular/material/datepicker';
import { TranslocoDirective } from '@jsverse/transloco';
import { CALENDAR, isoDay, parsedDay } from '../core/calendar-dates';
import { shiftDay } from '../core/days';
import { Formats } from '../core/formats';
import { Icon } from './icon';

/** A day of the market's zone, `2026-11-28`: the one before, the one after, or from a calendar. */
@Component({
  selector: 'app-day-choice',
  imports: [Icon, MatButtonModule, MatDatepickerModule, TranslocoDirective],
  providers: [...CALENDAR],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="day" role="group" [attr.aria-label]="t('day.day')" *transloco="let t">
      <button
        matIconButton
        type="button"
        [attr.aria-label]="t(step() === 7 ? 'day.weekBefore' : 'day.before')"
        (click)="go(-step())"
      >
        <app-icon name="chevron" class="back" />
      </button>
      <button matButton="outlined" type="button" class="date" (click)="calendar.open()">
        {{ text() || f.day(noon()) }}
      </button>
      <input
        tabindex="-1"
        aria-hidden="true"
        [matDatepicker]="calendar"
        [value]="day()"
        (dateChange)="choose($event.value)"
      />
      <mat-datepicker #calendar />
      <button
        matIconButton
        type="button"
        [attr.aria-label]="t(step() === 7 ? 'day.weekAfter' : 'day.after')"
        (click)="go(step())"
      >
        <app-icon name="chevron" class="on" />
      </button>
    </div>
  `,
  styles: `
    .day {
      display: flex;
      align-items: center;
      gap: 4px;
      position: relative;
    }
    /* Its calendar opens under the button. */
    input {
      position: absolute;
      inset: auto 48px 0;
      width: 1px;
      opacity: 0;
      pointer-events: none;
    }
    .date {
      white-space: nowrap;
    }
    .back {
      transform: rotate(90deg);
    }
    .on {
      transform: rotate(-90deg);
    }
  `,
})
export class DayChoice {
  readonly date = model.required<string>();
  /** So many days lie between one and the next. */
  readonly step = input(1);
  /** What is shown in place of the day. */
  readonly text = input('');
  protected readonly f = inject(Formats);
  protected readonly day = computed(() => parsedDay(this.date()));
  protected readonly noon = computed(() => `${this.date()}T12:00:00Z`);

  protected go(days: number): void {
    this.date.update((date) => shiftDay(date, days));
  }

  protected choose(day: Date | null): void {
    if (day !== null) {
      this.date.set(isoDay(day));
    }
  }
}
