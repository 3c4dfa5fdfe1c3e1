import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { map } from 'rxjs';
import { Submission } from '../core/submission';
import { Question } from './confirmation';
import { DoneView } from './done-view';
import { ProblemView } from './problem-view';

/** What is about to be done, once more in full; done when it is confirmed, and told where it stands. */
@Component({
  selector: 'app-confirm-dialog',
  imports: [DoneView, MatButtonModule, MatDialogModule, MatProgressBarModule, ProblemView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <ng-container *transloco="let t">
      <h2 mat-dialog-title>{{ t(about.scope + '.title', values) }}</h2>
      @if (order.busy()) {
        <mat-progress-bar mode="indeterminate" [attr.aria-label]="t('common.busy')" />
      }
      <mat-dialog-content>
        @if (made()) {
          <app-done [title]="t(about.scope + '.done', values)" />
        } @else {
          <p class="lead">{{ t(about.scope + '.lead', values) }}</p>
        }
        <dl class="sum">
          @for (fact of about.facts; track fact[0]) {
            <div>
              <dt>{{ t(fact[0]) }}</dt>
              <dd>{{ fact[1] }}</dd>
            </div>
          }
        </dl>
        @if (order.problem(); as problem) {
          <app-problem [problem]="problem" [retryable]="false" [scope]="about.scope + '.problems'" />
        }
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        @if (made()) {
          <button matButton="filled" [mat-dialog-close]="true" type="button">{{ t('common.close') }}</button>
        } @else {
          <button matButton mat-dialog-close type="button" [disabled]="order.busy()">{{ t('common.cancel') }}</button>
          <button matButton="filled" type="button" [disabled]="order.busy()" (click)="confirm()">
            {{ t(about.scope + '.submit', values) }}
          </button>
        }
      </mat-dialog-actions>
    </ng-container>
  `,
  styleUrl: './dialog.scss',
})
export class ConfirmDialog {
  protected readonly about = inject<Question>(MAT_DIALOG_DATA);
  protected readonly values = { ...this.about.values };
  protected readonly order = new Submission(inject<MatDialogRef<ConfirmDialog>>(MatDialogRef));
  protected readonly made = signal(false);

  protected async confirm(): Promise<void> {
    const { order, run } = this.about;
    this.made.set((await this.order.send(order, (key) => run(key).pipe(map(() => true)))) !== null);
  }
}
