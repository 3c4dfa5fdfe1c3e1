import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { MatRadioModule } from '@angular/material/radio';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { RegisteredUnit } from '../api/background-manager-logic/model/registered-unit';
import { Reading } from '../core/reading';
import { Submission } from '../core/submission';
import { DoneView } from '../shared/done-view';
import { EmptyView } from '../shared/empty-view';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';

/** "Registrierung einer Einheit auf dem lokalen Energiemarkt": any added unit for an administrator, else one's own. */
@Component({
  selector: 'app-market-unit-dialog',
  imports: [
    DoneView,
    EmptyView,
    FormsModule,
    MatButtonModule,
    MatDialogModule,
    MatProgressBarModule,
    MatRadioModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './market-unit-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class MarketUnitDialog {
  protected readonly order = new Submission(inject<MatDialogRef<MarketUnitDialog>>(MatDialogRef));
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly given = inject<{ unit?: string } | null>(MAT_DIALOG_DATA, { optional: true });

  protected readonly reading = new Reading(() => this.api.getUnits({ limit: 1000 }));
  /** Those that no market has yet come first. */
  protected readonly units = computed(() =>
    [...(this.reading.value()?.items ?? [])].sort((a, b) => a.markets.length - b.markets.length),
  );
  protected readonly open = computed(() => this.units().some((unit) => unit.markets.length === 0));
  protected readonly unit = signal<string | null>(this.given?.unit ?? null);
  protected readonly made = signal<RegisteredUnit | null>(null);

  constructor() {
    void this.reading.reload();
  }

  protected async register(): Promise<void> {
    const unit = this.unit();
    if (unit !== null) {
      const payload = { unit_mastr_nr: unit };
      this.made.set(
        await this.order.send(payload, (idempotencyKey) => this.api.postNewMarketUnit({ payload, idempotencyKey })),
      );
    }
  }
}
