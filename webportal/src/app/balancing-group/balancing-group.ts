import { ChangeDetectionStrategy, Component, computed, effect, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { BalancingGroupItemsInner } from '../api/background-manager-logic/model/balancing-group-items-inner';
import { dayBounds } from '../core/days';
import { Downloads } from '../core/download';
import { Formats, dateOf } from '../core/formats';
import { Problem, toProblem } from '../core/problem';
import { watched } from '../market/watched';
import { Chart, Series } from '../shared/chart';
import { Chip, Tone } from '../shared/chip';
import { DayChoice } from '../shared/day-choice';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { isWide } from '../shared/wide';
import { ReadingView } from '../shared/reading-view';

const TONE: Readonly<Record<BalancingGroupItemsInner['status'], Tone>> = {
  forecast: 'calm',
  running: 'busy',
  empty: 'calm',
  incomplete: 'warn',
  measured: 'good',
  settled: 'good',
};

const COLUMNS = [
  'forecast_generation_wh',
  'forecast_consumption_wh',
  'produced_wh',
  'fed_in_wh',
  'consumed_wh',
  'traded_wh',
] as const;

const PATH = '/background-manager-logic/api/v1/balancing-group';
const EXPORTS = ['csv', 'xlsx'] as const;

/** The balancing group of the local market, a day at a time, slot by slot. */
@Component({
  selector: 'app-balancing-group',
  imports: [Chart, Chip, DayChoice, EmptyView, Icon, MatButtonModule, ProblemView, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './balancing-group.html',
  styleUrl: './balancing-group.scss',
})
export class BalancingGroup {
  protected readonly f = inject(Formats);
  protected readonly columns = COLUMNS;
  protected readonly wide = isWide();
  protected readonly date = signal(dateOf(new Date()));
  protected readonly noon = computed(() => `${this.date()}T12:00:00Z`);
  protected readonly tone = TONE;
  protected readonly exports = EXPORTS;
  protected readonly exporting = signal<(typeof EXPORTS)[number] | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly downloads = inject(Downloads);

  protected readonly reading = watched(() => {
    const { from, to } = dayBounds(this.date());
    return this.api.getBalancingGroup({ from: from.toISOString(), to: to.toISOString(), format: 'json' });
  });

  protected readonly labels = computed(() =>
    (this.reading.value()?.items ?? []).map((slot) => this.f.slotTime(new Date(slot.slot_start), null)),
  );

  constructor() {
    let first = true;
    effect(() => {
      this.date();
      if (!first) {
        void this.reading.reload();
      }
      first = false;
    });
  }

  protected at(moment: string): Date {
    return new Date(moment);
  }

  protected series(slots: readonly BalancingGroupItemsInner[], t: (key: string) => string): Series[] {
    const of = (
      column: (typeof COLUMNS)[number] | 'residual_wh',
      meaning: Series['meaning'],
      kind: Series['kind'],
    ): Series => ({ name: t(`balancing.${column}`), meaning, kind, values: slots.map((slot) => slot[column]) });
    return [
      of('produced_wh', 'produced', 'bar'),
      of('consumed_wh', 'consumed', 'bar'),
      of('traded_wh', 'traded', 'bar'),
      of('residual_wh', 'residual', 'line'),
      of('forecast_generation_wh', 'forecast', 'line'),
      of('forecast_consumption_wh', 'expected', 'line'),
    ];
  }

  /** The shown day as a file. */
  protected async save(format: (typeof EXPORTS)[number]): Promise<void> {
    const { from, to } = dayBounds(this.date());
    const query = { from: from.toISOString(), to: to.toISOString(), format };
    this.exporting.set(format);
    this.problem.set(null);
    try {
      await this.downloads.save(PATH, query, `balancing-group-${this.date()}.${format}`);
    } catch (error) {
      this.problem.set(toProblem(error));
    } finally {
      this.exporting.set(null);
    }
  }
}
