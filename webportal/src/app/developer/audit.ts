import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom, forkJoin, map } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Audit as AuditTold } from '../api/background-manager-logic/model/audit';
import { Formats } from '../core/formats';
import { Once } from '../core/once';
import { Problem, toProblem } from '../core/problem';
import { Reading } from '../core/reading';
import { repeatedWhile } from '../core/repeated-while';
import { Chip, Tone } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';

const LOOK_EVERY_MS = 1_000;
const ORDER = { begin: 'audit' };

/** Whether everything on the chain is as the rules say, recomputed from the chain alone; and a new look at it. */
@Component({
  selector: 'app-audit',
  imports: [
    Chip,
    EmptyView,
    Icon,
    MatButtonModule,
    MatProgressBarModule,
    ProblemView,
    ReadingView,
    RouterLink,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './audit.html',
  styleUrl: './data.scss',
})
export class Audit {
  protected readonly f = inject(Formats);
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly once = new Once();

  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly reading = repeatedWhile(
    new Reading(() =>
      forkJoin({
        now: this.api.getAudit(),
        earlier: this.api.getAudits({ limit: 20 }).pipe(map(({ items }) => items)),
      }),
    ),
    LOOK_EVERY_MS,
    ({ now }) => now.running.length > 0,
  );
  protected readonly last = computed(() => this.reading.value()?.now.last.at(0) ?? null);
  protected readonly running = computed(() => this.reading.value()?.now.running.at(0) ?? null);
  protected readonly earlier = computed(() => this.reading.value()?.earlier ?? []);
  protected readonly share = computed(() => {
    const running = this.running();
    const total = running?.total_blocks ?? 0;
    return running === null || total === 0 ? null : (100 * running.done_blocks) / total;
  });
  protected readonly counts = computed(() =>
    Object.entries(this.last()?.counts ?? {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[0] !== 'blocks',
    ),
  );

  protected tenths(seconds: number): number {
    return Math.round(seconds * 10) / 10;
  }

  /** Key of the sentence that says what an audit found. */
  protected found({ status, equal }: AuditTold): string {
    return status === 'finished' ? (equal === true ? 'equal' : 'different') : status;
  }

  protected tone(audit: AuditTold): Tone {
    const tones: Readonly<Record<string, Tone>> = { equal: 'good', different: 'bad', failed: 'bad' };
    return tones[this.found(audit)] ?? 'busy';
  }

  protected async begin(): Promise<void> {
    if (this.busy()) {
      return;
    }
    this.busy.set(true);
    this.problem.set(null);
    try {
      await firstValueFrom(this.api.postAudit({ idempotencyKey: this.once.keyOf(ORDER) }));
      this.once.forget(ORDER);
    } catch (error) {
      const problem = toProblem(error);
      if (!problem.passing) {
        this.once.forget(ORDER);
      }
      this.problem.set(problem);
    } finally {
      this.busy.set(false);
    }
    await this.reading.reload();
  }
}
