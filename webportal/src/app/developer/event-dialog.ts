import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { BlockchainConnectorService } from '../api/blockchain-connector/api/blockchain-connector.service';
import { EventByHand } from '../api/blockchain-connector/model/event-by-hand';
import { Written } from '../api/blockchain-connector/model/written';
import { Submission } from '../core/submission';
import { DateField } from '../shared/date-field';
import { DoneView } from '../shared/done-view';
import { ProblemView } from '../shared/problem-view';

const FIELDS = ['unit_or_meter', 'slot_start', 'energy_wh', 'buyer_account'] as const;

/** An event for a box, raised by hand (M-EVT-02): it measures the slot and delivers. */
@Component({
  selector: 'app-event-dialog',
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
  templateUrl: './event-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class EventDialog {
  protected readonly order = new Submission(inject<MatDialogRef<EventDialog>>(MatDialogRef));
  private readonly api = inject(BlockchainConnectorService);

  protected readonly fields = FIELDS;
  protected readonly market = signal('lem');
  protected readonly number = signal('');
  protected readonly dayText = signal('');
  protected readonly timeText = signal('');
  protected readonly energyText = signal('');
  protected readonly buyer = signal('');
  protected readonly written = signal<Written | null>(null);
  protected readonly timeFits = computed(() => /^\d{2}:\d{2}(:\d{2})?$/.test(this.timeText()));
  protected readonly fits = computed(
    () =>
      this.number().trim() !== '' &&
      this.dayText() !== '' &&
      this.timeFits() &&
      /^[a-z1-5.]{1,12}$/.test(this.market().trim()) &&
      /^\d{0,9}$/.test(this.energyText().trim()),
  );

  protected async raise(): Promise<void> {
    if (!this.fits()) {
      return;
    }
    const payload: EventByHand = {
      account: 'tbiadmin',
      event_type: 'send_data',
      market: this.market().trim(),
      unit_or_meter: this.number().trim(),
      slot_start: `${this.dayText()}T${this.timeText()}`, // without an offset it is the market's zone
      ...(this.energyText().trim() === '' ? {} : { energy_wh: Number(this.energyText()) }),
      ...(this.buyer().trim() === '' ? {} : { buyer_account: this.buyer().trim() }),
    };
    this.written.set(
      await this.order.send(payload, (idempotencyKey) => this.api.postTriggerEvent({ payload, idempotencyKey })),
    );
  }
}
