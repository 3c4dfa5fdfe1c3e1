import { ChangeDetectionStrategy, Component, computed, effect, inject, signal, untracked } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatSelectModule } from '@angular/material/select';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { Formats, dateOf } from '../core/formats';
import { Chart, Series } from '../shared/chart';
import { Chip } from '../shared/chip';
import { DayChoice } from '../shared/day-choice';
import { EmptyView } from '../shared/empty-view';
import { isWide } from '../shared/wide';
import { ReadingView } from '../shared/reading-view';
import { DaySlot, MarketApi } from './market-api';
import { watched } from './watched';

const SUMS = ['forecast_wh', 'offered_wh', 'sold_wh', 'delivered_wh', 'produced_wh', 'consumed_wh'] as const;

/** One's own units: which trade, and a day of one of them, slot by slot: forecast, sold, delivered. */
@Component({
  selector: 'app-plants',
  imports: [
    Chart,
    Chip,
    DayChoice,
    EmptyView,
    MatButtonModule,
    MatFormFieldModule,
    MatSelectModule,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './plants.html',
  styleUrl: './plants.scss',
})
export class Plants {
  protected readonly f = inject(Formats);
  private readonly api = inject(MarketApi);
  private readonly dialogs = inject(MatDialog);

  protected readonly sums = SUMS;
  protected readonly wide = isWide();
  protected readonly date = signal(dateOf(new Date()));
  protected readonly noon = computed(() => `${this.date()}T12:00:00Z`);
  protected readonly reading = watched(() => this.api.units());
  protected readonly units = computed(() => this.reading.value()?.items ?? []);
  protected readonly trading = computed(() => this.units().filter((unit) => unit.markets.length > 0));
  protected readonly chosen = signal<string | null>(null);
  protected readonly unit = computed(() => this.chosen() ?? this.trading().at(0)?.mastr_nr ?? null);
  protected readonly day = watched(async () => {
    const unit = this.unit();
    return unit === null ? null : firstValueFrom(this.api.day(unit, this.date()));
  });
  protected readonly slots = computed(() => this.day.value()?.items ?? []);
  /** Slots of which anything is known. */
  protected readonly told = computed(() => this.slots().filter((slot) => SUMS.some((name) => (slot[name] ?? 0) > 0)));
  protected readonly labels = computed(() =>
    this.slots().map((slot) => this.f.slotTime(new Date(slot.slot_start), null)),
  );

  constructor() {
    let before = '';
    effect(() => {
      const now = `${this.unit()} ${this.date()}`;
      if (before !== '' && now !== before) {
        untracked(() => void this.day.reload());
      }
      before = now;
    });
  }

  protected series(t: (key: string) => string): Series[] {
    const of = (name: (typeof SUMS)[number]) => this.slots().map((slot) => slot[name]);
    return [
      { name: t('day.produced_wh'), meaning: 'produced', kind: 'bar', values: of('produced_wh') },
      { name: t('day.consumed_wh'), meaning: 'consumed', kind: 'bar', values: of('consumed_wh') },
      { name: t('day.sold_wh'), meaning: 'traded', kind: 'bar', values: of('sold_wh') },
      { name: t('day.delivered_wh'), meaning: 'residual', kind: 'bar', values: of('delivered_wh') },
      { name: t('day.forecast_wh'), meaning: 'forecast', kind: 'line', values: of('forecast_wh') },
    ];
  }

  /** Null where nothing was measured. */
  protected total(name: (typeof SUMS)[number]): number | null {
    const known = this.slots()
      .map((slot) => slot[name])
      .filter((wh) => wh !== null);
    return known.length === 0 ? null : known.reduce((sum, wh) => sum + wh, 0);
  }

  protected time(slot: DaySlot): string {
    return this.f.slotTime(new Date(slot.slot_start), new Date(slot.slot_end));
  }

  protected async register(unit: string): Promise<void> {
    const { MarketUnitDialog } = await import('./market-unit-dialog');
    const opened = this.dialogs.open(MarketUnitDialog, { data: { unit }, width: '640px', maxWidth: '100vw' });
    await firstValueFrom(opened.afterClosed(), { defaultValue: undefined });
    await this.reading.reload();
  }
}
