import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../core/formats';
import { Chip, Tone } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { ReadingView } from '../shared/reading-view';
import { Bid, MarketApi } from './market-api';
import { watched } from './watched';

/** Where an own bid stands. */
export type BidState = 'highest' | 'outbid' | 'won' | 'lost' | 'unknown';

export const BID_TONE: Readonly<Record<BidState, Tone>> = {
  highest: 'good',
  outbid: 'warn',
  won: 'good',
  lost: 'calm',
  unknown: 'calm',
};

export function bidState(bid: Bid): BidState {
  if (bid.is_highest === null || bid.offer_status === null) {
    return 'unknown';
  }
  if (bid.offer_status === 'open') {
    return bid.is_highest ? 'highest' : 'outbid';
  }
  return bid.is_highest ? 'won' : 'lost';
}

const LIMIT = 200;

/** One's own bids, the newest first, and where each stands. */
@Component({
  selector: 'app-bids',
  imports: [Chip, EmptyView, MatButtonModule, ReadingView, RouterLink, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './bids.html',
})
export class Bids {
  protected readonly f = inject(Formats);
  protected readonly tone = BID_TONE;
  protected readonly limit = signal(LIMIT);
  private readonly api = inject(MarketApi);

  protected readonly reading = watched(() => this.api.ownBids(this.limit()));
  protected readonly bids = computed(() =>
    (this.reading.value()?.items ?? []).map((bid) => ({ bid, state: bidState(bid) })),
  );

  protected more(): void {
    this.limit.update((limit) => Math.min(1000, limit + LIMIT));
    void this.reading.reload();
  }
}
