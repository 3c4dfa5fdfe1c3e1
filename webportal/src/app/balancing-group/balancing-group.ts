import { ChangeDetectionStrategy, Component, computed, effect, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { BalancingGroupItemsInner } from '../api/background-manager-logic/model/balancing-group-items-inner';
import { Formats, dateOf } from '../core/formats';
import { watched } from '../market/watched';
import { Chip, Tone } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';
import { dayBounds, shiftDay } from './days';

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

/** The balancing group of the local market, a day at a time, slot by slot. */
@Component({
  selector: 'app-balancing-group',
  imports: [Chip, EmptyView, Icon, MatButtonModule, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './balancing-group.html',
  styleUrl: './balancing-group.scss',
})
export class BalancingGroup {
  protected readonly f = inject(Formats);
  protected readonly columns = COLUMNS;
  protected readonly date = signal(dateOf(new Date()));
  protected readonly noon = computed(() => `${this.date()}T12:00:00Z`);
  protected readonly tone = TONE;
  private readonly api = inject(BackgroundManagerLogicService);

  protected readonly reading = watched(() => {
    const { from, to } = dayBounds(this.date());
    return this.api.getBalancingGroup({ from: from.toISOString(), to: to.toISOString(), format: 'json' });
  });

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

  protected go(days: number): void {
    this.date.update((date) => shiftDay(date, days));
  }

  protected at(moment: string): Date {
    return new Date(moment);
  }

  protected choose(event: Event): void {
    const date = (event.target as HTMLInputElement).value;
    if (/^\d{4}-\d{2}-\d{2}$/.test(date)) {
      this.date.set(date);
    }
  }
}
