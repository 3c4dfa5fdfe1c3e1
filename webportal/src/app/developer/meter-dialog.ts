import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { MatStepperModule } from '@angular/material/stepper';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { GridMeter } from '../api/background-manager-logic/model/grid-meter';
import { Formats } from '../core/formats';
import { Submission } from '../core/submission';
import { DoneView } from '../shared/done-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { BoxChoice } from './box-choice';

/** "Meter hinzufügen": box, serial number, confirmation. */
@Component({
  selector: 'app-meter-dialog',
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
    MatStepperModule,
    ProblemView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './meter-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class MeterDialog {
  protected readonly f = inject(Formats);
  protected readonly order = new Submission(inject<MatDialogRef<MeterDialog>>(MatDialogRef));
  private readonly api = inject(BackgroundManagerLogicService);

  protected readonly box = signal<string | null>(null);
  protected readonly serialText = signal('');
  protected readonly serial = computed(() => this.serialText().trim());
  protected readonly serialFits = computed(() => /^[A-Za-z0-9_.-]{1,64}$/.test(this.serial()));
  protected readonly yearText = signal('');
  protected readonly year = computed(() => (this.yearText().trim() === '' ? null : Number(this.yearText())));
  protected readonly yearFits = computed(() => /^\s*\d{0,9}\s*$/.test(this.yearText()));
  protected readonly complete = computed(() => this.serialFits() && this.yearFits());
  protected readonly made = signal<GridMeter | null>(null);

  protected async add(): Promise<void> {
    const [box, year] = [this.box(), this.year()];
    if (box !== null && this.complete()) {
      const consumption = year === null ? {} : { kwh_annum: year };
      const payload = { serial_number: this.serial(), cls_box_ip: box, ...consumption };
      this.made.set(
        await this.order.send(payload, (idempotencyKey) => this.api.postNewMeter({ payload, idempotencyKey })),
      );
    }
  }
}
