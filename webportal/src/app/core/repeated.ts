import { DOCUMENT, DestroyRef, inject } from '@angular/core';
import { Reading } from './reading';

/** Reads now, and again every `everyMs` while the page is looked at: for what no stream tells. In an injection context. */
export function repeated<T>(reading: Reading<T>, everyMs: number): Reading<T> {
  const view = inject(DOCUMENT);
  const timer = setInterval(() => {
    if (view.visibilityState === 'visible' && !reading.loading()) {
      void reading.reload();
    }
  }, everyMs);
  inject(DestroyRef).onDestroy(() => clearInterval(timer));
  void reading.reload();
  return reading;
}
