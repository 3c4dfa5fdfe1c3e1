import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../../core/formats';
import { Identity } from '../../core/identity';
import { Chip, Tone } from '../../shared/chip';
import { Confirmation } from '../../shared/confirmation';
import { EmptyView } from '../../shared/empty-view';
import { Icon } from '../../shared/icon';
import { opened } from '../../shared/opened';
import { ReadingView } from '../../shared/reading-view';
import { watched } from '../watched';
import { Deal, WaysApi } from './ways-api';

const STEP = 100;
const TONES: Readonly<Record<Deal['status'], Tone>> = {
  proposed: 'busy',
  expired: 'calm',
  dropped: 'calm',
  accepted: 'good',
};

/** Contracts between two participants: proposed, accepted, and what each of them means. */
@Component({
  selector: 'app-deals',
  imports: [Chip, EmptyView, Icon, MatButtonModule, ReadingView, RouterLink, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './deals.html',
  styleUrl: './ways.scss',
})
export class Deals {
  protected readonly f = inject(Formats);
  protected readonly tones = TONES;
  private readonly api = inject(WaysApi);
  private readonly dialogs = inject(MatDialog);
  private readonly confirmation = inject(Confirmation);
  private readonly identity = inject(Identity);

  /** The EVU only looks: whoever trades has a unit or a meter of his own. */
  protected readonly trades = computed(() => this.identity.groups().includes('User'));
  protected readonly limit = signal(STEP);
  protected readonly reading = watched(() => this.api.deals(this.limit()));
  protected readonly deals = computed(() => this.reading.value()?.items ?? []);

  /** Whose turn it is, or what became of it. */
  protected meaning(deal: Deal): string {
    return `deals.meanings.${deal.status}${deal.status === 'proposed' ? `-${deal.role ?? 'none'}` : ''}`;
  }

  protected async propose(): Promise<void> {
    const { DealDialog } = await import('./deal-dialog');
    await opened(this.dialogs, DealDialog);
    await this.reading.reload();
  }

  protected accept(deal: Deal): Promise<void> {
    return this.ask('accept', deal, (key) => this.api.acceptDeal(deal, key));
  }

  protected drop(deal: Deal): Promise<void> {
    return this.ask(deal.role === 'seller' ? 'takeBack' : 'refuse', deal, () => this.api.dropDeal(deal.deal_id));
  }

  protected more(): void {
    this.limit.update((limit) => Math.min(1000, limit + STEP));
    void this.reading.reload();
  }

  private async ask(what: string, deal: Deal, run: (key: string) => ReturnType<WaysApi['acceptDeal']>): Promise<void> {
    await this.confirmation.ask({
      scope: `deals.${what}`,
      facts: [
        ['columns.slot', this.f.slot(deal.slot_start, deal.slot_end)],
        ['columns.energy', this.f.energy(deal.energy_wh)],
        ['columns.price', this.f.price(deal.price_ct_per_kwh)],
        ['columns.amount', this.f.money(deal.amount_eur)],
        deal.role === 'seller' ? ['deals.buyer', deal.buyer_account] : ['deals.seller', deal.seller_account],
      ],
      order: { what, deal: deal.deal_id, energy: deal.energy_wh, price: deal.price_ct_per_kwh },
      run,
    });
    await this.reading.reload();
  }
}
