import { signal } from '@angular/core';
import { MatDialogRef } from '@angular/material/dialog';
import { Observable, firstValueFrom } from 'rxjs';
import { Once } from './once';
import { Problem, toProblem } from './problem';

/** What a dialog sends: one at a time, with one effect however often it is pressed, and the problem when it failed. */
export class Submission {
  readonly busy = signal(false);
  readonly problem = signal<Problem | null>(null);
  private readonly once = new Once();

  constructor(private readonly dialog: MatDialogRef<unknown>) {}

  /** The answer; null when it failed (`problem` says why) or when something is under way already. */
  async send<T>(body: object, call: (key: string) => Observable<T>): Promise<T | null> {
    if (this.busy()) {
      return null;
    }
    this.busy.set(true);
    this.problem.set(null);
    this.dialog.disableClose = true;
    try {
      return await firstValueFrom(call(this.once.keyOf(body)));
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 409 && problem.retryAfterS === null) {
        this.once.forget(body);
      }
      this.problem.set(problem);
      return null;
    } finally {
      this.busy.set(false);
      this.dialog.disableClose = false;
    }
  }

  /** What is wrong with one field, in the service's words. */
  fault(field: string): string | null {
    return this.problem()?.fields[field] ?? null;
  }
}
