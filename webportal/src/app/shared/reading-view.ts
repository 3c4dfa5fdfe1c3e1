import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { Reading } from '../core/reading';
import { ProblemView } from './problem-view';

/** Around what was read: a thin bar while it is read, a problem when that failed, the content when there is any. */
@Component({
  selector: 'app-reading',
  imports: [MatProgressBarModule, ProblemView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <ng-container *transloco="let t">
      <div class="bar">
        @if (reading().loading() && (reading().value() === undefined || reading().problem())) {
          <mat-progress-bar mode="indeterminate" [attr.aria-label]="t('common.loading')" />
        }
      </div>
      @if (reading().problem(); as problem) {
        <app-problem [problem]="problem" (retry)="reading().reload()" />
      }
    </ng-container>
    @if (reading().value() !== undefined) {
      <ng-content />
    }
  `,
  styles: `
    :host {
      display: block;
    }
    .bar {
      height: 4px;
      margin-bottom: 8px;
    }
    app-problem {
      margin-bottom: 16px;
    }
  `,
})
export class ReadingView {
  readonly reading = input.required<Reading<unknown>>();
}
