import { DestroyRef, Injectable, Signal, inject, signal } from '@angular/core';

/** The time, once a second, for what counts down. */
@Injectable({ providedIn: 'root' })
export class Clock {
  readonly now: Signal<number>;

  constructor() {
    const now = signal(Date.now());
    const timer = setInterval(() => now.set(Date.now()), 1000);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
    this.now = now.asReadonly();
  }
}
