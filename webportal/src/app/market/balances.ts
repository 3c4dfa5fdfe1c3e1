import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../core/formats';
import { Chip } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { ReadingView } from '../shared/reading-view';
import { MarketApi } from './market-api';
import { TONE } from './offer-status';
import { watched } from './watched';

const LIMIT = 200;

/** What became of each sold offer: sold, delivered, produced, consumed, the difference, and the money. */
@Component({
  selector: 'app-balances',
  imports: [Chip, EmptyView, MatButtonModule, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './balances.html',
})
export class Balances {
  protected readonly f = inject(Formats);
  protected readonly tone = TONE;
  protected readonly limit = signal(LIMIT);
  private readonly api = inject(MarketApi);

  protected readonly reading = watched(() => this.api.balances(this.limit()));
  protected readonly rows = computed(() => this.reading.value()?.items ?? []);

  protected more(): void {
    this.limit.update((limit) => Math.min(1000, limit + LIMIT));
    void this.reading.reload();
  }
}
