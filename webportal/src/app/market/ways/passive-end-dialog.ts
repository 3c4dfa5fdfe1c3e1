import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { WrittenPassiveContract } from '../../api/background-manager-logic/model/written-passive-contract';
import { dayAfter, dayBounds } from '../../core/days';
import { Formats, dateOf } from '../../core/formats';
import { Reading } from '../../core/reading';
import { Submission } from '../../core/submission';
import { DateField } from '../../shared/date-field';
import { DoneView } from '../../shared/done-view';
import { ProblemView } from '../../shared/problem-view';
import { ReadingView } from '../../shared/reading-view';
import { MarketApi } from '../market-api';
import { Contract, WaysApi } from './ways-api';

/** Either of the two ends a passive contract, with effect from a day whose trading has not begun (M-PAS-05). */
@Component({
  selector: 'app-passive-end-dialog',
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
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './passive-end-dialog.html',
  styleUrl: '../../shared/dialog.scss',
})
export class PassiveEndDialog {
  protected readonly f = inject(Formats);
  protected readonly contract = inject<Contract>(MAT_DIALOG_DATA);
  protected readonly order = new Submission(inject<MatDialogRef<PassiveEndDialog>>(MatDialogRef));
  private readonly market = inject(MarketApi);
  private readonly ways = inject(WaysApi);

  private readonly first = dateOf(new Date(this.contract.from_slot));
  protected readonly reading = new Reading(() => this.read());
  protected readonly earliest = computed(() => this.reading.value() ?? '');
  protected readonly day = signal('');
  protected readonly made = signal<WrittenPassiveContract | null>(null);
  /** Where it begins at that day, it never was. */
  protected readonly never = computed(() => this.day() === this.first);
  protected readonly fits = computed(
    () =>
      this.day() !== '' &&
      this.day() >= this.earliest() &&
      (this.contract.until_slot === null || this.endSlot() < new Date(this.contract.until_slot)),
  );

  constructor() {
    void this.reading.reload();
  }

  protected noon(day: string): string {
    return `${day}T12:00:00Z`;
  }

  protected async end(): Promise<void> {
    if (this.fits()) {
      const { contract_id: id } = this.contract;
      const slot = this.endSlot().toISOString();
      this.made.set(await this.order.send({ id, slot }, (key) => this.ways.endContract(id, slot, key)));
    }
  }

  /** The contract's own first slot where it is ended before it begins, else the day's first. */
  private endSlot(): Date {
    return this.never() ? new Date(this.contract.from_slot) : dayBounds(this.day()).from;
  }

  private async read(): Promise<string> {
    const { horizon_s } = await firstValueFrom(this.market.parameters());
    const after = dayAfter(new Date(Date.now() + horizon_s * 1000));
    const earliest = after > this.first ? after : this.first;
    this.day.set(earliest);
    return earliest;
  }
}
