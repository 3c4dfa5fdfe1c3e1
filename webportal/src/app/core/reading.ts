import { signal } from '@angular/core';
import { Observable, firstValueFrom } from 'rxjs';
import { Problem, toProblem } from './problem';

/** Something read from a service: what was read last stays while it is read again. An answer that was overtaken is dropped. */
export class Reading<T> {
  readonly value = signal<T | undefined>(undefined);
  readonly problem = signal<Problem | undefined>(undefined);
  readonly loading = signal(false);
  private turn = 0;

  constructor(private readonly read: () => Observable<T> | Promise<T>) {}

  async reload(): Promise<void> {
    const turn = ++this.turn;
    this.loading.set(true);
    try {
      const reading = this.read();
      const value = await (reading instanceof Promise ? reading : firstValueFrom(reading));
      if (turn === this.turn) {
        this.value.set(value);
        this.problem.set(undefined);
      }
    } catch (error) {
      if (turn === this.turn) {
        this.problem.set(toProblem(error));
      }
    } finally {
      if (turn === this.turn) {
        this.loading.set(false);
      }
    }
  }
}
