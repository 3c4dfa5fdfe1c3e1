import { ChangeDetectionStrategy, Component, computed, effect, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatButtonToggleModule } from '@angular/material/button-toggle';
import { MatDialog } from '@angular/material/dialog';
import { MatSnackBar } from '@angular/material/snack-bar';
import { TranslocoDirective, TranslocoService } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { Clock } from '../core/clock';
import { Formats } from '../core/formats';
import { Identity } from '../core/identity';
import { Problem, toProblem } from '../core/problem';
import { Chip } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';
import { Demand } from './demand';
import { MarketApi, Offer } from './market-api';
import { TONE } from './offer-status';
import { watched } from './watched';

const FILTERS = ['open', 'mine', 'all'] as const;
const STEP = 100;
const SOON_S = 300;

/** The offers on the market, with what has been bid and how long one may still bid. */
@Component({
  selector: 'app-offers',
  imports: [
    Chip,
    Demand,
    EmptyView,
    Icon,
    MatButtonModule,
    MatButtonToggleModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './offers.html',
  styleUrl: './offers.scss',
})
export class Offers {
  protected readonly f = inject(Formats);
  protected readonly tone = TONE;
  protected readonly limit = signal(STEP);
  protected readonly filter = signal<(typeof FILTERS)[number]>('open');
  protected readonly withdrawing = signal<number | null>(null);
  protected readonly problem = signal<Problem | null>(null);

  private readonly api = inject(MarketApi);
  private readonly clock = inject(Clock);
  private readonly dialogs = inject(MatDialog);
  private readonly snacks = inject(MatSnackBar);
  private readonly transloco = inject(TranslocoService);

  private readonly identity = inject(Identity);

  /** Offers come from a unit of one's own; bids also from the EVU. */
  protected readonly sells = computed(() => this.identity.groups().includes('User'));
  protected readonly buys = computed(() => this.sells() || this.identity.groups().includes('EVU'));
  protected readonly filters = computed(() => FILTERS.filter((filter) => filter !== 'mine' || this.sells()));

  protected readonly reading = watched(() =>
    this.api.offers({
      ...(this.filter() === 'open' ? { status: 'open' as const } : {}),
      ...(this.filter() === 'mine' ? { mine: true } : {}),
      limit: this.limit(),
    }),
  );
  protected readonly offers = computed(() => this.reading.value()?.items ?? []);

  constructor() {
    let first = true;
    effect(() => {
      this.filter();
      this.limit();
      if (!first) {
        void this.reading.reload();
      }
      first = false;
    });
  }

  /** Seconds until bids end; 0 when they have ended. */
  protected left(offer: Offer): number {
    return Math.max(0, (Date.parse(offer.closes_at) - this.clock.now()) / 1000);
  }

  protected isSoon(offer: Offer): boolean {
    return this.left(offer) < SOON_S;
  }

  protected canBid(offer: Offer): boolean {
    return this.buys() && !offer.mine && offer.status === 'open' && this.left(offer) > 0;
  }

  protected canWithdraw(offer: Offer): boolean {
    return offer.mine && offer.status === 'open' && offer.highest_bid_ct_per_kwh === null && this.left(offer) > 0;
  }

  protected more(): void {
    this.limit.update((limit) => Math.min(1000, limit + STEP));
  }

  protected async placeOffer(): Promise<void> {
    const { OfferDialog } = await import('./offer-dialog');
    await this.open(OfferDialog, undefined, 'offers.placed');
  }

  protected async placeBid(offer?: Offer): Promise<void> {
    const { BidDialog } = await import('./bid-dialog');
    await this.open(BidDialog, { offer }, 'bids.placed');
  }

  protected async withdraw(offer: Offer): Promise<void> {
    this.withdrawing.set(offer.offer_id);
    this.problem.set(null);
    try {
      await firstValueFrom(this.api.withdrawOffer(offer.offer_id));
      this.say('offers.withdrawn');
      await this.reading.reload();
    } catch (error) {
      this.problem.set(toProblem(error));
    } finally {
      this.withdrawing.set(null);
    }
  }

  private async open(dialog: Parameters<MatDialog['open']>[0], data: unknown, message: string): Promise<void> {
    const opened = this.dialogs.open(dialog, { data, width: '640px', maxWidth: '100vw', autoFocus: 'first-tabbable' });
    if (await firstValueFrom(opened.afterClosed())) {
      this.say(message);
      await this.reading.reload();
    }
  }

  private say(key: string): void {
    this.snacks.open(this.transloco.translate(key), this.transloco.translate('common.close'), { duration: 6000 });
  }
}
