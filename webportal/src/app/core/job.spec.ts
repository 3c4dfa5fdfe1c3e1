import { DestroyRef } from '@angular/core';
import { of, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FollowedJob, Job } from './job';
import { Problem } from './problem';

const job = (status: Job['status'], done = 0): Job => ({
  job_id: 'j1',
  status,
  progress: { done, total: 2, unit: 'files' },
});

describe('FollowedJob', () => {
  const look = vi.fn();
  const begin = vi.fn(() => of({ job_id: 'j1' }));
  let leave: () => void;
  const page = { onDestroy: (callback: () => void) => ((leave = callback), () => undefined) } as unknown as DestroyRef;

  beforeEach(() => {
    vi.useFakeTimers();
    look.mockReset();
    begin.mockClear();
  });
  afterEach(() => vi.useRealTimers());

  it('is followed until its end, and begun once however often it is pressed', async () => {
    look.mockReturnValueOnce(of(job('started', 1))).mockReturnValueOnce(of(job('finished', 2)));
    const followed = new FollowedJob(look, page);
    const first = followed.start({ a: 1 }, begin);
    await followed.start({ a: 1 }, begin);
    expect(begin).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(followed.job()?.progress.done).toBe(1);
    expect(followed.busy()).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    await first;
    expect([followed.job()?.status, followed.busy()]).toEqual(['finished', false]);
  });

  it('another press after its end is another order; after a lost answer it is the same', async () => {
    look.mockReturnValue(of(job('finished', 2)));
    const followed = new FollowedJob(look, page);
    const keys: string[] = [];
    const noting = (key: string) => (keys.push(key), of({ job_id: 'j1' }));
    await followed.start({ a: 1 }, noting);
    await followed.start({ a: 1 }, noting);
    await followed.start({ a: 1 }, (key) => (keys.push(key), throwError(() => new Problem(0))));
    expect(followed.problem()?.status).toBe(0);
    await followed.start({ a: 1 }, noting);
    expect(new Set(keys).size).toBe(3);
    expect(keys[3]).toBe(keys[2]);
  });

  it('nobody asks any more when the page is gone', async () => {
    look.mockReturnValue(of(job('started', 1)));
    const followed = new FollowedJob(look, page);
    const running = followed.start({ a: 1 }, begin);
    await vi.advanceTimersByTimeAsync(10);
    leave();
    await vi.advanceTimersByTimeAsync(5_000);
    await running;
    expect(look).toHaveBeenCalledTimes(1);
  });
});
