import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../core/formats';
import { EmptyView } from '../shared/empty-view';
import { ReadingView } from '../shared/reading-view';
import { MarketApi } from './market-api';
import { watched } from './watched';

/** Money on the market: what can be used, what is locked for bids and offers, and how it came to be so. */
@Component({
  selector: 'app-account',
  imports: [EmptyView, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './account.html',
  styleUrl: './account.scss',
})
export class Account {
  protected readonly f = inject(Formats);
  private readonly api = inject(MarketApi);
  protected readonly reading = watched(() => this.api.account(200));
}
