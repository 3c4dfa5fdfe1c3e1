import { DestroyRef, Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { MatSnackBar } from '@angular/material/snack-bar';
import { Router } from '@angular/router';
import { TranslocoService } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { Formats } from '../core/formats';
import { Live } from '../core/live';
import { Bid, MarketApi } from './market-api';

const LATEST = 50;
const SHOWN_MS = 12_000;

/** Offers on which one's own bid was the highest and is no longer, while they can still be bid on. */
export function newlyOutbid(leading: ReadonlySet<number>, bids: readonly Bid[]): Bid[] {
  const leads = new Set(bids.filter((bid) => bid.is_highest).map((bid) => bid.offer_id));
  const seen = new Set<number>();
  return bids.filter((bid) => {
    const first = !seen.has(bid.offer_id);
    seen.add(bid.offer_id);
    return first && bid.offer_status === 'open' && leading.has(bid.offer_id) && !leads.has(bid.offer_id);
  });
}

/** Says at once when somebody outbids, and leads to where one can bid again. */
@Injectable({ providedIn: 'root' })
export class OutbidNotice {
  private readonly api = inject(MarketApi);
  private readonly live = inject(Live);
  private readonly f = inject(Formats);
  private readonly router = inject(Router);
  private readonly snacks = inject(MatSnackBar);
  private readonly transloco = inject(TranslocoService);
  private leading = new Set<number>();
  private bidding = 0;

  /** As long as `page` is there. */
  watch(page: DestroyRef): void {
    this.leading = new Set();
    void this.look();
    this.live.changes.pipe(takeUntilDestroyed(page)).subscribe(() => void this.look());
  }

  /** Until one's own bid is told among one's bids, a higher price may be one's own (docs/adr/0035). */
  async whileBidding<T>(bid: () => Promise<T>): Promise<T> {
    this.bidding += 1;
    try {
      return await bid();
    } finally {
      this.bidding -= 1;
      void this.look();
    }
  }

  private async look(): Promise<void> {
    const read = await firstValueFrom(this.api.ownBids(LATEST)).catch(() => null); // its page says what is wrong
    if (read === null || this.bidding > 0) {
      return;
    }
    const outbid = newlyOutbid(this.leading, read.items);
    this.leading = new Set(read.items.filter((bid) => bid.is_highest).map((bid) => bid.offer_id));
    if (outbid.length > 0) {
      this.say(outbid);
    }
  }

  private say(outbid: readonly Bid[]): void {
    const text =
      outbid.length === 1
        ? this.transloco.translate<string>('bids.outbid', { slot: this.f.slot(outbid[0].slot_start) })
        : this.transloco.translate<string>('bids.outbidMany', { count: outbid.length });
    this.snacks
      .open(text, this.transloco.translate<string>('bids.again'), { duration: SHOWN_MS, politeness: 'assertive' })
      .onAction()
      .subscribe(() => void this.router.navigateByUrl('/market/offers'));
  }
}
