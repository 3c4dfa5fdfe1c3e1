import { DestroyRef, signal } from '@angular/core';
import { Observable, firstValueFrom } from 'rxjs';
import { Once } from './once';
import { Problem, toProblem } from './problem';

/** A job as all services tell of it. */
export interface Job {
  readonly job_id: string;
  readonly status: 'queued' | 'started' | 'finished' | 'failed';
  readonly progress: {
    readonly done: number;
    readonly total: number;
    readonly unit: string;
    readonly records?: number;
    readonly records_per_s?: number;
    readonly seconds_left?: number;
  };
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

const LOOK_EVERY_MS = 1_000;

/** Long work of a service: begun once however often it is pressed, followed while the page is open. */
export class FollowedJob {
  readonly job = signal<Job | null>(null);
  readonly problem = signal<Problem | null>(null);
  /** From the press until its end. */
  readonly busy = signal(false);
  private readonly once = new Once();
  private gone = false;

  constructor(
    private readonly look: (jobId: string) => Observable<Job>,
    page: DestroyRef,
  ) {
    page.onDestroy(() => (this.gone = true));
  }

  /** Until it has ended, well or not; `order` tells one beginning from another. */
  async start(order: object, begin: (key: string) => Observable<{ job_id: string }>): Promise<void> {
    if (this.busy()) {
      return;
    }
    this.busy.set(true);
    this.problem.set(null);
    this.job.set(null);
    try {
      const { job_id: jobId } = await firstValueFrom(begin(this.once.keyOf(order)));
      this.once.forget(order);
      await this.follow(jobId);
    } catch (error) {
      const problem = toProblem(error);
      if (!problem.passing) {
        this.once.forget(order);
      }
      this.problem.set(problem);
    } finally {
      this.busy.set(false);
    }
  }

  private async follow(jobId: string): Promise<void> {
    while (!this.gone) {
      const job = await firstValueFrom(this.look(jobId));
      this.job.set(job);
      if (job.status === 'finished' || job.status === 'failed') {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
