import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { RegisteredEosAccount } from '../api/background-manager-logic/model/registered-eos-account';
import { Submission } from '../core/submission';
import { DoneView } from '../shared/done-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { BoxChoice } from './box-choice';
import { isAccountName, pseudonym } from './pseudonym';

const FIELDS = ['account_name'] as const;

/** "Registrierung eines neuen EOS Accounts durch einen Administrator": a box, and a name that is a pseudonym. */
@Component({
  selector: 'app-account-dialog',
  imports: [
    BoxChoice,
    DoneView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatDialogModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    ProblemView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './account-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class AccountDialog {
  protected readonly order = new Submission(inject<MatDialogRef<AccountDialog>>(MatDialogRef));
  private readonly api = inject(BackgroundManagerLogicService);

  protected readonly fields = FIELDS;
  protected readonly box = signal<string | null>(null);
  protected readonly nameText = signal(pseudonym());
  protected readonly name = computed(() => this.nameText().trim());
  protected readonly nameFits = computed(() => isAccountName(this.name()));
  protected readonly made = signal<RegisteredEosAccount | null>(null);

  protected suggest(): void {
    this.nameText.set(pseudonym());
  }

  protected async register(): Promise<void> {
    const box = this.box();
    if (box !== null && this.nameFits()) {
      const payload = { account_name: this.name(), cls_box_ip: box };
      this.made.set(
        await this.order.send(payload, (idempotencyKey) => this.api.postNewAccount({ payload, idempotencyKey })),
      );
    }
  }
}
