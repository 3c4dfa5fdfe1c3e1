import { ChangeDetectionStrategy, Component, computed, effect, inject, signal, untracked } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { dayBounds } from '../../core/days';
import { Formats, dateOf } from '../../core/formats';
import { Chart, Series } from '../../shared/chart';
import { DayChoice } from '../../shared/day-choice';
import { EmptyView } from '../../shared/empty-view';
import { ReadingView } from '../../shared/reading-view';
import { watched } from '../watched';
import { WaysApi } from './ways-api';

/** Ways in which energy passes to the EVU, each with the colour of its meaning. */
const KINDS = [
  { kind: 'swept', wh: 'swept_wh', eur: 'swept_eur', meaning: 'traded' },
  { kind: 'passive', wh: 'passive_wh', eur: 'passive_eur', meaning: 'produced' },
  { kind: 'unused', wh: 'unused_wh', eur: 'unused_eur', meaning: 'residual' },
] as const;

/** What the EVU took over in the slots of a day, and what it paid for it (M-SEC-02). */
@Component({
  selector: 'app-secondary',
  imports: [Chart, DayChoice, EmptyView, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './secondary.html',
  styleUrl: './ways.scss',
})
export class Secondary {
  protected readonly f = inject(Formats);
  protected readonly kinds = KINDS;
  private readonly api = inject(WaysApi);

  protected readonly date = signal(dateOf(new Date()));
  protected readonly noon = computed(() => `${this.date()}T12:00:00Z`);
  protected readonly reading = watched(() => {
    const { from, to } = dayBounds(this.date());
    return this.api.secondary(from, to);
  });
  protected readonly slots = computed(() => this.reading.value()?.items ?? []);
  protected readonly labels = computed(() =>
    this.slots().map((slot) => this.f.slotTime(new Date(slot.slot_start), null)),
  );

  constructor() {
    let before = this.date();
    effect(() => {
      const now = this.date();
      if (now !== before) {
        untracked(() => void this.reading.reload());
      }
      before = now;
    });
  }

  protected time(slot: { slot_start: string; slot_end: string }): string {
    return this.f.slotTime(new Date(slot.slot_start), new Date(slot.slot_end));
  }

  protected series(t: (key: string) => string): Series[] {
    return KINDS.map(({ kind, wh, meaning }) => ({
      name: t(`secondary.${kind}`),
      meaning,
      kind: 'bar',
      values: this.slots().map((slot) => slot[wh]),
    }));
  }
}
