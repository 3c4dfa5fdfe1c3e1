import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { TranslocoDirective, TranslocoService } from '@jsverse/transloco';
import { Problem } from '../core/problem';
import { Icon } from './icon';

/** The sentence for a problem, in the reader's language. */
export function problemKey(problem: Problem, hasText: (key: string) => boolean, scope = ''): string {
  const key = problem.rule === null ? '' : `rules.${problem.rule}`;
  if (key && hasText(key)) {
    return key;
  }
  const here = `${scope}.${problem.status}`;
  if (scope && hasText(here)) {
    return here;
  }
  const byStatus = `problems.${problem.status}`;
  return hasText(byStatus) ? byStatus : 'problems.other';
}

/** A problem where it belongs: what happened, what the service said of it, and a way to try again. */
@Component({
  selector: 'app-problem',
  imports: [Icon, MatButtonModule, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="box" role="alert" *transloco="let t">
      <app-icon [name]="problem().status === 0 ? 'offline' : 'alert'" />
      <div class="text">
        <p class="what">{{ t(key()) }}</p>
        @for (field of fields(); track field[0]) {
          <p class="detail">{{ field[0] }}: {{ field[1] }}</p>
        }
        @if (problem().detail; as detail) {
          <p class="detail" lang="en">{{ detail }}</p>
        }
      </div>
      @if (retryable()) {
        <button matButton type="button" (click)="retry.emit()">{{ t('common.retry') }}</button>
      }
    </div>
  `,
  styleUrl: './problem-view.scss',
})
export class ProblemView {
  readonly problem = input.required<Problem>();
  readonly retryable = input(true);
  /** Where the texts have sentences of this page's own, by status. */
  readonly scope = input('');
  /** Fields beside which the page itself says what is wrong. */
  readonly placed = input<readonly string[]>([]);
  readonly retry = output();

  private readonly transloco = inject(TranslocoService);
  protected readonly fields = computed(() =>
    Object.entries(this.problem().fields).filter(([name]) => !this.placed().includes(name)),
  );
  protected readonly key = computed(() =>
    problemKey(
      this.problem(),
      (key) => key in this.transloco.getTranslation(this.transloco.getActiveLang()),
      this.scope(),
    ),
  );
}
