import { DestroyRef, effect, inject } from '@angular/core';
import { Reading } from './reading';

/** Reads now, and again after `everyMs` as long as what was read says that something runs. In an injection context. */
export function repeatedWhile<T>(reading: Reading<T>, everyMs: number, runs: (value: T) => boolean): Reading<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const value = reading.value();
    clearTimeout(timer);
    if (value !== undefined && runs(value)) {
      timer = setTimeout(() => void reading.reload(), everyMs);
    }
  });
  inject(DestroyRef).onDestroy(() => clearTimeout(timer));
  void reading.reload();
  return reading;
}
