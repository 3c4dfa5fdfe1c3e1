import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../core/formats';
import { FollowedJob } from '../core/job';
import { Chip, Tone } from './chip';
import { ProblemView } from './problem-view';

const TONES: Readonly<Record<string, Tone>> = { finished: 'good', failed: 'bad' };

/** How a job stands: a bar while it runs, then what came of it or why it failed. */
@Component({
  selector: 'app-job',
  imports: [Chip, MatProgressBarModule, ProblemView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <ng-container *transloco="let t">
      @if (job(); as job) {
        <div class="job" aria-live="polite">
          <p>
            <app-chip [tone]="tone()">{{ t('jobs.status.' + job.status) }}</app-chip>
            @if (job.progress.total > 0) {
              <span>{{ f.number(job.progress.done) }} / {{ f.number(job.progress.total) }} {{ unit() }}</span>
            }
            @if (job.progress.records_per_s; as rate) {
              <span>{{ t('jobs.rate', { rate: f.number(rate) }) }}</span>
            }
            @if (job.status === 'started' && job.progress.seconds_left) {
              <span>{{ t('jobs.left', { seconds: f.number(job.progress.seconds_left) }) }}</span>
            }
          </p>
          @if (job.error) {
            <p class="error" role="alert" lang="en">{{ job.error }}</p>
          }
          @if (figures().length > 0) {
            <dl>
              @for (figure of figures(); track figure[0]) {
                <div>
                  <dt lang="en">{{ figure[0] }}</dt>
                  <dd>{{ figure[1] }}</dd>
                </div>
              }
            </dl>
          }
        </div>
      }
      @if (work().busy()) {
        <mat-progress-bar
          [mode]="share() === null ? 'indeterminate' : 'determinate'"
          [value]="share() ?? 0"
          [attr.aria-label]="t('jobs.running')"
        />
      }
      @if (work().problem(); as problem) {
        <app-problem [problem]="problem" [retryable]="false" />
      }
    </ng-container>
  `,
  styles: `
    :host {
      display: block;
      margin-top: 12px;
    }
    p {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 12px;
      margin: 0 0 8px;
    }
    .error {
      color: var(--mat-sys-error);
    }
    dl {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(150px, 1fr));
      gap: 8px 16px;
      margin: 0 0 8px;
    }
    dt {
      font-size: 0.8125rem;
      color: var(--mat-sys-on-surface-variant);
    }
    dd {
      margin: 0;
      font-variant-numeric: tabular-nums;
    }
  `,
})
export class JobView {
  readonly work = input.required<FollowedJob>();
  protected readonly f = inject(Formats);
  protected readonly job = computed(() => this.work().job());
  protected readonly tone = computed(() => TONES[this.job()?.status ?? ''] ?? 'busy');
  protected readonly unit = computed(() => this.job()?.progress.unit ?? '');
  protected readonly share = computed(() => {
    const progress = this.job()?.progress;
    return progress === undefined || progress.total === 0 ? null : (100 * progress.done) / progress.total;
  });
  /** The result's plain figures; what is deeper is for who reads the service's own answer. */
  protected readonly figures = computed(() =>
    Object.entries(this.job()?.result ?? {})
      .filter((entry): entry is [string, number | string] => ['number', 'string'].includes(typeof entry[1]))
      .map(([name, value]) => [name.replaceAll('_', ' '), typeof value === 'number' ? this.f.number(value) : value]),
  );
}
