import { DOCUMENT, DestroyRef, Injectable, effect, inject, signal, untracked } from '@angular/core';
import { Observable, Subject, auditTime } from 'rxjs';
import { Identity } from './identity';
import { EventParser } from './server-sent-events';

const PATH = '/background-manager-logic/api/v1/events';
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const TOGETHER_MS = 400;
/** The services send a sign of life at least every 10 s; a stream that is silent for longer is dead. */
const SILENCE_MS = 35_000;

/**
 * What changes on the market, as it changes: server-sent events read with fetch, since EventSource sends no token.
 * While the stream is away, pages are told to read again when they come to the front.
 */
@Injectable({ providedIn: 'root' })
export class Live {
  readonly state = signal<'off' | 'connecting' | 'live' | 'away'>('off');
  /** Something changed; many changes in a moment are one. */
  readonly changes: Observable<void>;

  private readonly identity = inject(Identity);
  private readonly changed = new Subject<void>();
  private since: string | null = null;
  private stopped: AbortController | null = null;
  /** Ends what is waited for: the next event, or the pause before the next try. */
  private interrupt: (() => void) | null = null;

  constructor() {
    this.changes = this.changed.pipe(auditTime(TOGETHER_MS));
    effect(() => {
      const signedIn = this.identity.person() !== null;
      untracked(() => (signedIn ? this.start() : this.stop()));
    });
    const view = inject(DOCUMENT);
    const onFront = (): void => {
      if (view.visibilityState === 'visible' && this.state() !== 'live' && this.identity.person() !== null) {
        this.changed.next();
      }
    };
    const onLink = (): void => this.interrupt?.(); // a stream from before may never notice that it is dead
    view.addEventListener('visibilitychange', onFront);
    view.defaultView?.addEventListener('focus', onFront);
    view.defaultView?.addEventListener('online', onLink);
    view.defaultView?.addEventListener('offline', onLink);
    inject(DestroyRef).onDestroy(() => {
      this.stop();
      view.removeEventListener('visibilitychange', onFront);
      view.defaultView?.removeEventListener('focus', onFront);
      view.defaultView?.removeEventListener('online', onLink);
      view.defaultView?.removeEventListener('offline', onLink);
    });
  }

  private start(): void {
    if (this.stopped === null) {
      this.stopped = new AbortController();
      void this.follow(this.stopped.signal);
    }
  }

  private stop(): void {
    this.stopped?.abort();
    this.stopped = null;
    this.since = null;
    this.state.set('off');
  }

  private async follow(stop: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    let missed = false;
    while (!stop.aborted) {
      if (this.state() !== 'live') {
        this.state.set(missed ? 'away' : 'connecting');
      }
      const ended = await this.listen(stop, () => {
        this.state.set('live');
        pause = FIRST_PAUSE_MS;
        if (missed) {
          missed = false;
          this.changed.next(); // what happened in between
        }
      });
      if (stop.aborted) {
        return;
      }
      if (!ended) {
        missed = true;
        this.state.set('away');
      }
      const awake = new AbortController();
      this.interrupt = () => awake.abort();
      await sleep(pause, AbortSignal.any([stop, awake.signal]));
      pause = ended ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** One connection. True when the service ended it in order, false when it failed. */
  private async listen(stop: AbortSignal, opened: () => void): Promise<boolean> {
    const silent = new AbortController();
    this.interrupt = () => silent.abort();
    let watch = setTimeout(() => silent.abort(), SILENCE_MS);
    try {
      const token = await this.identity.token();
      if (token === null) {
        return false;
      }
      const answer = await fetch(this.since === null ? PATH : `${PATH}?since=${encodeURIComponent(this.since)}`, {
        headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
        cache: 'no-store',
        signal: AbortSignal.any([stop, silent.signal]),
      });
      if (answer.status === 401) {
        await this.identity.token(true);
      }
      if (!answer.ok || answer.body === null) {
        return false;
      }
      opened();
      const parser = new EventParser();
      const decoder = new TextDecoder();
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          return true;
        }
        clearTimeout(watch);
        watch = setTimeout(() => silent.abort(), SILENCE_MS);
        for (const event of parser.take(decoder.decode(value, { stream: true }))) {
          this.since = event.id ?? this.since;
          this.changed.next();
        }
      }
    } catch {
      return false;
    } finally {
      clearTimeout(watch);
    }
  }
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) {
      resolve();
    }
    const timer = setTimeout(resolve, ms);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
