import { ChangeDetectionStrategy, Component, computed, inject, input, model } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { TranslocoDirective } from '@jsverse/transloco';
import { shiftDay } from '../core/days';
import { Formats } from '../core/formats';
import { Icon } from './icon';

/** A day of the market's zone, `2026-11-28`: the one before, the one after, or from a calendar. */
@Component({
  selector: 'app-day-choice',
  imports: [Icon, MatButtonModule, TranslocoDirective],
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
      <button matButton="outlined" type="button" class="date" (click)="picker.showPicker()">
        {{ text() || f.day(noon()) }}
      </button>
      <input #picker type="date" tabindex="-1" aria-hidden="true" [value]="date()" (change)="choose($event)" />
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
    /* Its calendar opens under the button; what it writes itself follows the browser's language, not the page's. */
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
  protected readonly noon = computed(() => `${this.date()}T12:00:00Z`);

  protected go(days: number): void {
    this.date.update((date) => shiftDay(date, days));
  }

  protected choose(event: Event): void {
    const date = (event.target as HTMLInputElement).value;
    if (/^\d{4}-\d{2}-\d{2}$/.test(date)) {
      this.date.set(date);
    }
  }
}
