import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Box } from '../api/background-manager-logic/model/box';
import { Submission } from '../core/submission';
import { DoneView } from '../shared/done-view';
import { ProblemView } from '../shared/problem-view';

const FIELDS = ['ip', 'name', 'location'] as const;

/** "CLS-Box hinzufügen": the box must answer, then it is entered. */
@Component({
  selector: 'app-box-dialog',
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
  templateUrl: './box-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class BoxDialog {
  private readonly api = inject(BackgroundManagerLogicService);
  protected readonly order = new Submission(inject<MatDialogRef<BoxDialog>>(MatDialogRef));
  protected readonly fields = FIELDS;
  protected readonly typed = signal<Readonly<Record<(typeof FIELDS)[number], string>>>({
    ip: '',
    name: '',
    location: '',
  });
  protected readonly made = signal<Box | null>(null);
  protected readonly complete = computed(() => FIELDS.every((field) => this.typed()[field].trim() !== ''));

  protected type(field: (typeof FIELDS)[number], text: string): void {
    this.typed.update((typed) => ({ ...typed, [field]: text }));
  }

  protected async add(): Promise<void> {
    if (this.complete()) {
      const { ip, name, location } = this.typed();
      const payload = { ip: ip.trim(), name: name.trim(), location: location.trim() };
      this.made.set(
        await this.order.send(payload, (idempotencyKey) => this.api.postNewBox({ payload, idempotencyKey })),
      );
    }
  }
}
