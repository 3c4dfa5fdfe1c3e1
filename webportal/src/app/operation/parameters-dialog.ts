import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { MarketParameters } from '../api/background-manager-logic/model/market-parameters';
import { MarketProposal } from '../api/background-manager-logic/model/market-proposal';
import { dayAfter, dayBounds } from '../core/days';
import { Formats } from '../core/formats';
import { Submission } from '../core/submission';
import { DateField } from '../shared/date-field';
import { DoneView } from '../shared/done-view';
import { ProblemView } from '../shared/problem-view';
import { Name, PARAMETERS, Typed, fromTyped, toType } from './parameters';

/** The market's parameters, proposed to the governors: they hold from a day whose trading has not begun (M-ADM-03). */
@Component({
  selector: 'app-parameters-dialog',
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
  templateUrl: './parameters-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class ParametersDialog {
  protected readonly f = inject(Formats);
  protected readonly order = new Submission(inject<MatDialogRef<ParametersDialog>>(MatDialogRef));
  private readonly now = inject<MarketParameters>(MAT_DIALOG_DATA);
  private readonly api = inject(BackgroundManagerLogicService);

  protected readonly earliest = dayAfter(new Date(Date.now() + this.now.horizon_s * 1000));
  protected readonly from = signal(this.earliest);
  protected readonly parameters = PARAMETERS;
  protected readonly typed = signal<Typed>(toType(this.f, this.now.holds));
  protected readonly read = computed(() => fromTyped(this.typed()));
  protected readonly complete = computed(() => Object.keys(this.read().wrong).length === 0 && this.fromFits());
  protected readonly fromFits = computed(() => this.from() !== '' && this.from() >= this.earliest);
  protected readonly made = signal<MarketProposal | null>(null);

  protected noon(day: string): string {
    return `${day}T12:00:00Z`;
  }

  protected type(name: Name, text: string): void {
    this.typed.update((typed) => ({ ...typed, [name]: text }));
  }

  protected async propose(): Promise<void> {
    if (this.complete()) {
      const payload = { ...this.read().row, from_slot: dayBounds(this.from()).from.toISOString() };
      this.made.set(await this.order.send(payload, () => this.api.putParameters({ payload })));
    }
  }
}
