import { ChangeDetectionStrategy, Component, computed, effect, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatButtonToggleModule } from '@angular/material/button-toggle';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { dayBounds, weekOf } from '../core/days';
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
import { BalanceRow, COLUMNS, Column, Status, days, slots } from './rows';

const TONE: Readonly<Record<Status, Tone>> = {
  forecast: 'calm',
  running: 'busy',
  empty: 'calm',
  incomplete: 'warn',
  measured: 'good',
  settled: 'good',
};

const PATH = '/background-manager-logic/api/v1/balancing-group';
const EXPORTS = ['csv', 'xlsx'] as const;
const SPANS = ['day', 'week'] as const;
type Span = (typeof SPANS)[number];

/** The balancing group of the local market: a day slot by slot, or a week day by day. */
@Component({
  selector: 'app-balancing-group',
  imports: [
    Chart,
    Chip,
    DayChoice,
    EmptyView,
    Icon,
    MatButtonModule,
    MatButtonToggleModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './balancing-group.html',
  styleUrl: './balancing-group.scss',
})
export class BalancingGroup {
  protected readonly f = inject(Formats);
  protected readonly columns = COLUMNS;
  protected readonly wide = isWide();
  protected readonly date = signal(dateOf(new Date()));
  protected readonly spans = SPANS;
  protected readonly span = signal<Span>('day');
  protected readonly step = computed(() => (this.span() === 'week' ? 7 : 1));
  private readonly bounds = computed(() => {
    const [first, last] = this.span() === 'week' ? weekOf(this.date()) : [this.date(), this.date()];
    return { first, last, from: dayBounds(first).from.toISOString(), to: dayBounds(last).to.toISOString() };
  });
  /** `Sa., 28.11.2026`, or the first and the last day of the week. */
  protected readonly period = computed(() => {
    const { first, last } = this.bounds();
    return [...new Set([first, last])].map((date) => this.f.day(`${date}T12:00:00Z`)).join(' – ');
  });
  protected readonly tone = TONE;
  protected readonly exports = EXPORTS;
  protected readonly exporting = signal<(typeof EXPORTS)[number] | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly downloads = inject(Downloads);

  protected readonly reading = watched(() => {
    const { from, to } = this.bounds();
    return this.api.getBalancingGroup({ from, to, format: 'json' });
  });
  protected readonly rows = computed(() => {
    const items = this.reading.value()?.items ?? [];
    return this.span() === 'week' ? days(items) : slots(items);
  });
  protected readonly labels = computed(() => this.rows().map((row) => this.name(row, null)));

  constructor() {
    let first = true;
    effect(() => {
      this.bounds();
      if (!first) {
        void this.reading.reload();
      }
      first = false;
    });
  }

  /** The row's slot, or its day. */
  protected name(row: BalanceRow, end: Date | null = row.end): string {
    return this.span() === 'week' ? this.f.day(row.start) : this.f.slotTime(row.start, end);
  }

  protected series(rows: readonly BalanceRow[], t: (key: string) => string): Series[] {
    const of = (column: Column, meaning: Series['meaning'], kind: Series['kind']): Series => ({
      name: t(`balancing.${column}`),
      meaning,
      kind,
      values: rows.map((row) => row[column]),
    });
    return [
      of('produced_wh', 'produced', 'bar'),
      of('consumed_wh', 'consumed', 'bar'),
      of('traded_wh', 'traded', 'bar'),
      of('residual_wh', 'residual', 'line'),
      of('forecast_generation_wh', 'forecast', 'line'),
      of('forecast_consumption_wh', 'expected', 'line'),
    ];
  }

  /** What is shown, as a file, slot by slot. */
  protected async save(format: (typeof EXPORTS)[number]): Promise<void> {
    const { first, from, to } = this.bounds();
    const query = { from, to, format };
    this.exporting.set(format);
    this.problem.set(null);
    try {
      await this.downloads.save(
        PATH,
        query,
        `balancing-group-${this.span() === 'week' ? `week-${first}` : first}.${format}`,
      );
    } catch (error) {
      this.problem.set(toProblem(error));
    } finally {
      this.exporting.set(null);
    }
  }
}
