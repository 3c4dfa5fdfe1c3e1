import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { Clock } from '../core/clock';
import { fromTenThousandths, tenThousandths, toDecimal } from '../core/decimals';
import { Formats } from '../core/formats';
import { Reading } from '../core/reading';
import { Submission } from '../core/submission';
import { EmptyView } from '../shared/empty-view';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';
import { MarketApi, Offer, rulesOf } from './market-api';
import { OutbidNotice } from './outbid-notice';
import { watched } from './watched';

/** "Gebot erstellen": choose an offer (or come with one), see the highest bid as it changes, bid above it. */
@Component({
  selector: 'app-bid-dialog',
  imports: [
    EmptyView,
    FormsModule,
    MatButtonModule,
    MatDialogModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './bid-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class BidDialog {
  private readonly notice = inject(OutbidNotice);
  protected readonly f = inject(Formats);
  protected readonly clock = inject(Clock);
  private readonly api = inject(MarketApi);
  private readonly dialog = inject<MatDialogRef<BidDialog, boolean>>(MatDialogRef);
  private readonly given = inject<{ offer?: Offer } | null>(MAT_DIALOG_DATA)?.offer;
  private readonly order = new Submission(this.dialog);

  protected readonly reading = watched(() => this.api.offers({ status: 'open' }));
  protected readonly parameters = new Reading(() => this.api.parameters());
  protected readonly offerId = signal(this.given?.offer_id ?? null);
  protected readonly priceText = signal('');
  protected readonly busy = this.order.busy;
  protected readonly problem = this.order.problem;

  protected readonly available = computed(() =>
    (this.reading.value()?.items ?? []).filter((offer) => !offer.mine && this.left(offer) > 0),
  );
  private readonly kept = signal<Offer | undefined>(this.given);
  /** The chosen offer as it is now. */
  protected readonly offer = computed(
    () => this.reading.value()?.items.find((offer) => offer.offer_id === this.offerId()) ?? this.kept(),
  );
  /** The offer's bids have ended while the dialog was open. */
  protected readonly over = computed(() => {
    const offer = this.offer();
    return offer !== undefined && (offer.status !== 'open' || this.left(offer) <= 0);
  });
  protected readonly price = computed(() => toDecimal(this.priceText()));
  /** The least that may be bid now: the start price, or the market's step above the highest bid. */
  protected readonly least = computed(() => {
    const offer = this.offer();
    if (offer === undefined) {
      return null;
    }
    if (offer.highest_bid_ct_per_kwh === null) {
      return offer.start_price_ct_per_kwh;
    }
    const parameters = this.parameters.value();
    const tick = parameters && rulesOf(parameters, new Date(offer.slot_start))?.tick_ct_per_kwh;
    return fromTenThousandths(tenThousandths(offer.highest_bid_ct_per_kwh) + Math.max(1, tenThousandths(tick ?? '0')));
  });
  protected readonly priceError = computed(() => {
    const [price, least] = [this.price(), this.least()];
    if (price === null) {
      return 'number';
    }
    return least !== null && tenThousandths(price) < tenThousandths(least) ? 'low' : null;
  });

  constructor() {
    void this.parameters.reload();
  }

  protected left(offer: Offer): number {
    return (Date.parse(offer.closes_at) - this.clock.now()) / 1000;
  }

  protected choose(offer: Offer | null): void {
    this.kept.set(offer ?? undefined);
    this.offerId.set(offer?.offer_id ?? null);
    this.order.problem.set(null);
  }

  protected async bid(): Promise<void> {
    const [offerId, price] = [this.offerId(), this.price()];
    if (this.busy() || offerId === null || price === null || this.priceError() !== null) {
      return;
    }
    const body = { offer_id: offerId, price_ct_per_kwh: price };
    const placed = await this.notice.whileBidding(() => this.order.send(body, (key) => this.api.placeBid(body, key)));
    if (placed !== null) {
      this.dialog.close(true);
    } else if (this.problem() !== null) {
      void this.reading.reload(); // perhaps somebody was faster
    }
  }
}
