import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { MintedP2xTokens } from '../../api/background-manager-logic/model/minted-p2x-tokens';
import { Formats } from '../../core/formats';
import { Submission } from '../../core/submission';
import { DoneView } from '../../shared/done-view';
import { ProblemView } from '../../shared/problem-view';
import { P2xSlot, WaysApi } from './ways-api';

/** Tokens for whole kWh of a slot, never more than was taken over in it. */
@Component({
  selector: 'app-mint-dialog',
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
  template: `
    <ng-container *transloco="let t">
      <h2 mat-dialog-title>{{ t('mintDialog.title') }}</h2>
      @if (order.busy()) {
        <mat-progress-bar mode="indeterminate" [attr.aria-label]="t('common.busy')" />
      }
      <mat-dialog-content>
        @if (made(); as minted) {
          <app-done [title]="t('mintDialog.done', { kwh: f.number(minted.kwh) })" />
        } @else {
          <p class="lead">{{ t('mintDialog.lead', { slot: f.slot(slot.slot_start, slot.slot_end) }) }}</p>
          <form id="mint" (ngSubmit)="mint()" novalidate>
            <mat-form-field appearance="outline" subscriptSizing="dynamic" class="wide">
              <mat-label>{{ t('columns.energy') }}</mat-label>
              <input
                matInput
                name="kwh"
                inputmode="numeric"
                autocomplete="off"
                [ngModel]="text()"
                (ngModelChange)="text.set($event)"
              />
              <span matTextSuffix>&nbsp;kWh</span>
              <mat-hint
                ><span
                  [class.wrong]="text() && kwh() === null"
                  [attr.role]="text() && kwh() === null ? 'alert' : null"
                  >{{ t('mintDialog.hint', { kwh: f.number(slot.mintable_kwh) }) }}</span
                ></mat-hint
              >
            </mat-form-field>
          </form>
          @if (order.problem(); as problem) {
            <app-problem class="gap" [problem]="problem" [retryable]="false" />
          }
        }
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        @if (made()) {
          <button matButton="filled" [mat-dialog-close]="true" type="button">{{ t('common.close') }}</button>
        } @else {
          <button matButton mat-dialog-close type="button" [disabled]="order.busy()">{{ t('common.cancel') }}</button>
          <button matButton="filled" type="submit" form="mint" [disabled]="order.busy() || kwh() === null">
            {{ t('mintDialog.submit') }}
          </button>
        }
      </mat-dialog-actions>
    </ng-container>
  `,
  styleUrl: '../../shared/dialog.scss',
})
export class MintDialog {
  protected readonly f = inject(Formats);
  protected readonly slot = inject<P2xSlot>(MAT_DIALOG_DATA);
  protected readonly order = new Submission(inject<MatDialogRef<MintDialog>>(MatDialogRef));
  private readonly api = inject(WaysApi);

  protected readonly text = signal(String(this.slot.mintable_kwh));
  protected readonly kwh = computed(() => {
    const kwh = /^\s*\d{1,9}\s*$/.test(this.text()) ? Number(this.text()) : 0;
    return kwh >= 1 && kwh <= this.slot.mintable_kwh ? kwh : null;
  });
  protected readonly made = signal<MintedP2xTokens | null>(null);

  protected async mint(): Promise<void> {
    const kwh = this.kwh();
    if (kwh !== null) {
      const slot = this.slot.slot_start;
      this.made.set(await this.order.send({ slot, kwh }, (key) => this.api.mint(slot, kwh, key)));
    }
  }
}
