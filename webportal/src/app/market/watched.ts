import { inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable } from 'rxjs';
import { Live } from '../core/live';
import { Reading } from '../core/reading';

/** Something of the market that is read now, and again whenever the market changes. In an injection context. */
export function watched<T>(read: () => Observable<T> | Promise<T>): Reading<T> {
  const reading = new Reading(read);
  inject(Live)
    .changes.pipe(takeUntilDestroyed())
    .subscribe(() => void reading.reload());
  void reading.reload();
  return reading;
}
