import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Repaired } from '../api/background-manager-logic/model/repaired';
import { StuckItem } from '../api/background-manager-logic/model/stuck-item';
import { Formats } from '../core/formats';
import { Once } from '../core/once';
import { Problem, toProblem } from '../core/problem';
import { Reading } from '../core/reading';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';

/** What does not go on by itself: why, since when, what is at stake, and the repair at the press of a button. */
@Component({
  selector: 'app-stuck',
  imports: [EmptyView, Icon, MatButtonModule, ProblemView, ReadingView, RouterLink, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './stuck.html',
  styleUrl: './operation.scss',
})
export class Stuck {
  protected readonly f = inject(Formats);
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly once = new Once();

  protected readonly reading = new Reading(() => this.api.getStuckItems({}));
  /** What is repaired is gone from here at once; the service hears of it when it is irreversible. */
  protected readonly items = computed(() =>
    (this.reading.value()?.items ?? []).filter((item) => this.resultOf(item)?.state !== 'done'),
  );
  protected readonly repairing = signal<string | null>(null);
  /** What the last repair of an item has come to; it stays when the item has gone. */
  protected readonly results = signal<readonly Repaired[]>([]);
  protected readonly problem = signal<{ readonly id: string; readonly problem: Problem } | null>(null);
  protected readonly done = computed(() =>
    this.results().filter((result) => !this.items().some((item) => item.id === result.id)),
  );

  constructor() {
    void this.reading.reload();
  }

  /** What the service says now, without what this page has seen itself. */
  protected async refresh(): Promise<void> {
    await this.reading.reload();
    this.results.set([]);
  }

  protected resultOf(item: StuckItem): Repaired | undefined {
    return this.results().find((result) => result.id === item.id);
  }

  protected async repair({ id }: StuckItem): Promise<void> {
    if (this.repairing() !== null) {
      return;
    }
    this.repairing.set(id);
    this.problem.set(null);
    const order = { id };
    try {
      const idempotencyKey = this.once.keyOf(order);
      const result = await firstValueFrom(this.api.postStuckRepair({ itemId: id, idempotencyKey }));
      this.once.forget(order);
      this.results.update((results) => [...results.filter((each) => each.id !== id), result]);
      await this.reading.reload();
    } catch (error) {
      const problem = toProblem(error);
      if (!problem.passing) {
        this.once.forget(order);
      }
      this.problem.set({ id, problem });
    } finally {
      this.repairing.set(null);
    }
  }
}
