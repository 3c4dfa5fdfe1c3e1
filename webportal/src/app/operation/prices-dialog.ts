import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { MarketPrices } from '../api/background-manager-logic/model/market-prices';
import { MarketProposal } from '../api/background-manager-logic/model/market-proposal';
import { dayAfter, dayBounds } from '../core/days';
import { Formats } from '../core/formats';
import { Submission } from '../core/submission';
import { DateField } from '../shared/date-field';
import { DoneView } from '../shared/done-view';
import { ProblemView } from '../shared/problem-view';
import { plain, pricesTyped } from './parameters';

/** The EVU's prices, proposed to the governors: they hold from a day whose trading has not begun (M-ADM-03). */
@Component({
  selector: 'app-prices-dialog',
  imports: [
    DateField,
    DoneView,
    FormsModule,
    MatButtonModule,
    MatDialogModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    ProblemView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './prices-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class PricesDialog {
  protected readonly f = inject(Formats);
  protected readonly order = new Submission(inject<MatDialogRef<PricesDialog>>(MatDialogRef));
  private readonly now = inject<MarketPrices>(MAT_DIALOG_DATA);
  private readonly api = inject(BackgroundManagerLogicService);

  protected readonly earliest = dayAfter(new Date(Date.now() + this.now.horizon_s * 1000));
  protected readonly from = signal(this.earliest);
  protected readonly buyText = signal(this.f.decimalToType(plain(this.now.holds.evu_buy_ct_per_kwh)));
  protected readonly sellText = signal(this.f.decimalToType(plain(this.now.holds.evu_sell_ct_per_kwh)));
  protected readonly typed = computed(() => pricesTyped(this.buyText(), this.sellText()));
  protected readonly fromFits = computed(() => this.from() !== '' && this.from() >= this.earliest);
  protected readonly made = signal<MarketProposal | null>(null);

  protected noon(day: string): string {
    return `${day}T12:00:00Z`;
  }

  protected async propose(): Promise<void> {
    const { row } = this.typed();
    if (row !== null && this.fromFits()) {
      const payload = { ...row, from_slot: dayBounds(this.from()).from.toISOString() };
      this.made.set(await this.order.send(payload, () => this.api.putMarketPrices({ payload })));
    }
  }
}
