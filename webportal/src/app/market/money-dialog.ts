import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { tenThousandths, toDecimal } from '../core/decimals';
import { Formats } from '../core/formats';
import { Submission } from '../core/submission';
import { DoneView } from '../shared/done-view';
import { ProblemView } from '../shared/problem-view';
import { MarketApi, MoneyMoved } from './market-api';

export interface MoneyMove {
  /** `credit`: the EVU credits a participant's payment. */
  readonly kind: 'deposit' | 'withdraw' | 'credit';
  /** What can be moved at most, in EUR; null where the portal knows no limit. */
  readonly most: string | null;
}

/** Money into the market, out of it, or to a participant who has paid. */
@Component({
  selector: 'app-money-dialog',
  imports: [
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
  templateUrl: './money-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class MoneyDialog {
  protected readonly f = inject(Formats);
  protected readonly move = inject<MoneyMove>(MAT_DIALOG_DATA);
  protected readonly order = new Submission(inject<MatDialogRef<MoneyDialog>>(MatDialogRef));
  private readonly api = inject(MarketApi);

  protected readonly accountText = signal('');
  protected readonly account = computed(() => this.accountText().trim().toLowerCase());
  protected readonly accountFits = computed(
    () => this.move.kind !== 'credit' || /^[a-z1-5]{1,12}$/.test(this.account()),
  );
  protected readonly amountText = signal('');
  protected readonly amount = computed(() => toDecimal(this.amountText()));
  protected readonly amountError = computed(() => {
    const [amount, most] = [this.amount(), this.move.most];
    if (amount === null || tenThousandths(amount) === 0) {
      return 'number';
    }
    return most !== null && tenThousandths(amount) > tenThousandths(most) ? 'above' : null;
  });
  protected readonly complete = computed(() => this.accountFits() && this.amountError() === null);
  protected readonly made = signal<MoneyMoved | null>(null);

  protected takeAll(most: string): void {
    this.amountText.set(this.f.decimalToType(most));
  }

  protected async send(): Promise<void> {
    const amount = this.amount();
    if (amount === null || !this.complete()) {
      return;
    }
    const receiver = this.move.kind === 'credit' ? { eos_account: this.account() } : {};
    const body = { amount_eur: amount, ...receiver };
    this.made.set(
      await this.order.send(body, (key) =>
        this.move.kind === 'withdraw' ? this.api.withdraw(body, key) : this.api.deposit(body, key),
      ),
    );
  }
}
