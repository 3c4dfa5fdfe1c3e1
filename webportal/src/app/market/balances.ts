import { ChangeDetectionStrategy, Component, DOCUMENT, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../core/formats';
import { Chart, Series } from '../shared/chart';
import { Chip } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';
import { MarketApi } from './market-api';
import { TONE } from './offer-status';
import { watched } from './watched';

const LIMIT = 200;
/** So many bars can still be told apart. */
const DRAWN = 24;

/** What became of each sold offer: sold, delivered, produced, consumed, the difference, and the money. */
@Component({
  selector: 'app-balances',
  imports: [Chart, Chip, EmptyView, Icon, MatButtonModule, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './balances.html',
  styleUrl: './balances.scss',
})
export class Balances {
  protected readonly f = inject(Formats);
  protected readonly tone = TONE;
  protected readonly limit = signal(LIMIT);
  private readonly api = inject(MarketApi);
  private readonly view = inject(DOCUMENT).defaultView;

  protected readonly reading = watched(() => this.api.balances(this.limit()));
  protected readonly rows = computed(() => this.reading.value()?.items ?? []);

  /** The latest that are settled, in order of time. */
  protected readonly drawn = computed(() =>
    this.rows()
      .filter((row) => row.delivered_wh !== null)
      .slice(0, DRAWN)
      .reverse(),
  );
  protected readonly labels = computed(() => this.drawn().map((row) => this.f.slot(row.slot_start)));

  protected series(t: (key: string) => string): Series[] {
    const rows = this.drawn();
    return [
      { name: t('columns.produced'), meaning: 'produced', kind: 'bar', values: rows.map((row) => row.produced_wh) },
      { name: t('columns.consumed'), meaning: 'consumed', kind: 'bar', values: rows.map((row) => row.consumed_wh) },
      { name: t('columns.sold'), meaning: 'traded', kind: 'bar', values: rows.map((row) => row.sold_wh) },
      { name: t('columns.difference'), meaning: 'residual', kind: 'bar', values: rows.map((row) => row.difference_wh) },
    ];
  }

  protected print(): void {
    this.view?.print();
  }

  protected more(): void {
    this.limit.update((limit) => Math.min(1000, limit + LIMIT));
    void this.reading.reload();
  }
}
