import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { BackgroundManagerLogicService } from '../../api/background-manager-logic/api/background-manager-logic.service';
import { Settlement } from '../../api/background-manager-logic/model/settlement';
import { dayBounds, shiftDay } from '../../core/days';
import { Downloads } from '../../core/download';
import { Formats, dateOf } from '../../core/formats';
import { Identity } from '../../core/identity';
import { Once } from '../../core/once';
import { Problem, toProblem } from '../../core/problem';
import { Reading } from '../../core/reading';
import { repeatedWhile } from '../../core/repeated-while';
import { Chip, Tone } from '../../shared/chip';
import { DateField } from '../../shared/date-field';
import { EmptyView } from '../../shared/empty-view';
import { Icon } from '../../shared/icon';
import { ProblemView } from '../../shared/problem-view';
import { ReadingView } from '../../shared/reading-view';

const PATH = '/background-manager-logic/api/v1/market/settlement';
const LOOK_EVERY_MS = 1_000;
const TONES: Readonly<Record<Settlement['status'], Tone>> = {
  queued: 'busy',
  started: 'busy',
  finished: 'good',
  failed: 'bad',
};

/** Files of what was settled in a period, with all proofs: ordered, followed, downloaded. */
@Component({
  selector: 'app-settlements',
  imports: [
    Chip,
    DateField,
    EmptyView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './settlements.html',
  styleUrl: './settlements.scss',
})
export class Settlements {
  protected readonly f = inject(Formats);
  protected readonly tones = TONES;
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly downloads = inject(Downloads);
  private readonly identity = inject(Identity);
  private readonly once = new Once();

  protected readonly evu = computed(() => this.identity.groups().includes('EVU'));
  protected readonly first = signal(dateOf(new Date()));
  protected readonly last = signal(dateOf(new Date()));
  protected readonly accountText = signal('');
  protected readonly account = computed(() => this.accountText().trim().toLowerCase());
  protected readonly accountFits = computed(() => /^[a-z1-5]{1,12}$/.test(this.account()));
  protected readonly daysFit = computed(
    () => this.first() !== '' && this.last() >= this.first() && this.last() <= dateOf(new Date()),
  );
  protected readonly complete = computed(() => this.daysFit() && (!this.evu() || this.accountFits()));
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  protected readonly reading = repeatedWhile(
    new Reading(() => this.api.getSettlements({ limit: 100 })),
    LOOK_EVERY_MS,
    ({ items }) => items.some((item) => this.runs(item)),
  );
  protected readonly items = computed(() => this.reading.value()?.items ?? []);

  protected runs({ status }: Settlement): boolean {
    return status === 'queued' || status === 'started';
  }

  /** First and last day, the last one included. */
  protected period({ from, to }: Settlement): string {
    const days = [from, shiftDay(dateOf(new Date(to)), -1) + 'T12:00:00Z'].map((at) => this.f.day(at));
    return [...new Set(days)].join(' – ');
  }

  protected share({ done_blocks: done, total_blocks: total }: Settlement): number | null {
    return total === null || total === 0 ? null : (100 * done) / total;
  }

  protected async begin(): Promise<void> {
    if (!this.complete() || this.busy()) {
      return;
    }
    const payload = {
      from: dayBounds(this.first()).from.toISOString(),
      to: dayBounds(this.last()).to.toISOString(),
      ...(this.evu() ? { eos_account: this.account() } : {}),
    };
    this.busy.set(true);
    await this.attempt(async () => {
      const idempotencyKey = this.once.keyOf(payload);
      await firstValueFrom(this.api.postNewSettlement({ payload, idempotencyKey }));
      this.once.forget(payload);
    });
    if (this.problem()?.passing === false) {
      this.once.forget(payload);
    }
    this.busy.set(false);
    await this.reading.reload();
  }

  protected save(item: Settlement, format: string): Promise<void> {
    const { settlement_id: id, eos_account: account } = item;
    const name = `${account}-${dateOf(new Date(item.from))}.${format}`;
    return this.attempt(() => this.downloads.save(`${PATH}/${id}/file`, { format }, name));
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.problem.set(null);
    try {
      await work();
    } catch (error) {
      this.problem.set(toProblem(error));
    }
  }
}
