import { ChangeDetectionStrategy, Component, computed, inject, input, model } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatDatepickerModule } from '@angular/material/datepicker';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { TranslocoPipe } from '@jsverse/transloco';
import { CALENDAR, isoDay, parsedDay } from '../core/calendar-dates';
import { Preferences } from '../core/preferences';

/** A day of the market's zone, `2026-11-28`, typed or from a calendar; written as the portal's language does, which a
 * browser's own field need not. Empty while what is typed is no day. What stands inside is its hint. */
@Component({
  selector: 'app-date-field',
  imports: [FormsModule, MatDatepickerModule, MatFormFieldModule, MatInputModule, TranslocoPipe],
  providers: [...CALENDAR],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <mat-form-field appearance="outline" subscriptSizing="dynamic">
      <mat-label>{{ label() }}</mat-label>
      <input
        matInput
        autocomplete="off"
        [name]="name()"
        [matDatepicker]="calendar"
        [min]="from()"
        #typed="ngModel"
        [ngModel]="day()"
        (ngModelChange)="choose($event)"
      />
      <mat-datepicker-toggle matIconSuffix [for]="calendar" />
      <mat-datepicker #calendar />
      <mat-hint><ng-content /></mat-hint>
      @if (typed.hasError('matDatepickerParse')) {
        <mat-error>{{ 'calendar.wrong' | transloco: { example: example() } }}</mat-error>
      }
    </mat-form-field>
  `,
  styles: `
    :host {
      display: block;
    }
    mat-form-field {
      width: 100%;
    }
  `,
})
export class DateField {
  readonly label = input.required<string>();
  readonly name = input.required<string>();
  readonly date = model.required<string>();
  /** The first day that the calendar offers; what is typed is judged by who uses the field. */
  readonly min = input('');
  private readonly preferences = inject(Preferences);

  protected readonly day = computed(() => parsedDay(this.date()));
  protected readonly from = computed(() => parsedDay(this.min()));
  protected readonly example = computed(() => (this.preferences.language() === 'de' ? '28.11.2026' : '28/11/2026'));

  protected choose(day: Date | null): void {
    this.date.set(day === null ? '' : isoDay(day));
  }
}
