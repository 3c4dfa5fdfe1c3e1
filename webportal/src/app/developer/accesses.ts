import { ChangeDetectionStrategy, Component, computed, effect, inject, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatButtonToggleModule } from '@angular/material/button-toggle';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { AccessRecord } from '../api/background-manager-logic/model/access-record';
import { dayBounds } from '../core/days';
import { Formats } from '../core/formats';
import { Problem, toProblem } from '../core/problem';
import { Reading } from '../core/reading';
import { Chip } from '../shared/chip';
import { DateField } from '../shared/date-field';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';

const STEP = 50;
const FILTERS = ['all', 'changed', 'read'] as const;

/** Who changed something, and who looked at another person's data. Page by page, the newest first. */
@Component({
  selector: 'app-accesses',
  imports: [
    Chip,
    DateField,
    EmptyView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatButtonToggleModule,
    MatFormFieldModule,
    MatInputModule,
    ProblemView,
    ReadingView,
    RouterLink,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './accesses.html',
  styleUrl: './accesses.scss',
})
export class Accesses {
  protected readonly f = inject(Formats);
  protected readonly filters = FILTERS;
  private readonly api = inject(BackgroundManagerLogicService);

  protected readonly did = signal<(typeof FILTERS)[number]>('all');
  protected readonly who = signal('');
  protected readonly first = signal('');
  protected readonly last = signal('');
  protected readonly daysFit = computed(() => this.first() === '' || this.last() === '' || this.first() <= this.last());
  protected readonly filtered = computed(
    () => this.did() !== 'all' || this.asked().who !== undefined || this.first() !== '' || this.last() !== '',
  );
  /** What was asked for last by "Anzeigen"; typing alone asks for nothing. */
  private readonly asked = signal<{ readonly who?: string; readonly from?: string; readonly to?: string }>({});
  private readonly query = computed(() => {
    const did = this.did();
    return { ...this.asked(), limit: STEP, ...(did === 'all' ? {} : { did }) };
  });

  protected readonly reading = new Reading(() => this.api.getAccessLogRecords(this.query()));
  /** Pages after the first one. */
  private readonly more = signal<readonly AccessRecord[]>([]);
  protected readonly cursor = signal<string | null>(null);
  protected readonly records = computed(() => [...(this.reading.value()?.items ?? []), ...this.more()]);
  protected readonly loadingMore = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  constructor() {
    effect(() => {
      this.query();
      untracked(() => void this.reload());
    });
  }

  protected show(): void {
    if (this.daysFit()) {
      this.asked.set({
        ...(this.who().trim() === '' ? {} : { who: this.who().trim() }),
        ...(this.first() === '' ? {} : { from: dayBounds(this.first()).from.toISOString() }),
        ...(this.last() === '' ? {} : { to: dayBounds(this.last()).to.toISOString() }),
      });
    }
  }

  protected async reload(): Promise<void> {
    await this.reading.reload();
    this.more.set([]);
    this.cursor.set(this.reading.value()?.next_cursor ?? null);
  }

  protected async loadMore(): Promise<void> {
    const [query, cursor] = [this.query(), this.cursor()];
    if (cursor === null || this.loadingMore()) {
      return;
    }
    this.loadingMore.set(true);
    this.problem.set(null);
    try {
      const page = await firstValueFrom(this.api.getAccessLogRecords({ ...query, cursor }));
      if (query === this.query()) {
        this.more.update((more) => [...more, ...page.items]);
        this.cursor.set(page.next_cursor);
      }
    } catch (error) {
      this.problem.set(toProblem(error));
    } finally {
      this.loadingMore.set(false);
    }
  }

  protected targets({ targets }: AccessRecord): string {
    return Object.entries(targets)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  }
}
