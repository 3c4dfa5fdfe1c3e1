import { Injectable, Injector, inject } from '@angular/core';
import { Router } from '@angular/router';
import { Group, Identity } from './identity';

/** Where people land, by group. The first that fits counts. */
const HOME: readonly (readonly [Group, string])[] = [
  ['EVU', '/balancing-group'],
  ['Admin', '/developer'],
  ['User', '/market/offers'],
];

export function homeOf(groups: readonly Group[]): string {
  return HOME.find(([group]) => groups.includes(group))?.[1] ?? '/no-access';
}

/** The ways out of a session. */
@Injectable({ providedIn: 'root' })
export class Session {
  private readonly identity = inject(Identity);
  private readonly router = inject(Router);
  private readonly injector = inject(Injector);

  async signOut(everywhere = false): Promise<void> {
    await this.leave(everywhere ? { reason: 'everywhere' } : {}, everywhere);
  }

  /** The session has ended by itself: the sign-in page says so and leads back here. */
  async expired(): Promise<void> {
    if (this.identity.person() !== null) {
      await this.leave({ reason: 'expired', next: this.router.url });
    }
  }

  /** The first security key is there: every session of before has ended, and the sign-in page says what is next. */
  async keyRegistered(): Promise<void> {
    await this.leave({ reason: 'key' });
  }

  /** Where their code cannot be fetched, none is open. */
  private async closeDialogs(): Promise<void> {
    const dialogs = await import('./open-dialogs').catch(() => null);
    dialogs?.closeAll(this.injector);
  }

  private async leave(queryParams: Record<string, string>, everywhere = false): Promise<void> {
    await this.closeDialogs();
    await this.identity.signOut(everywhere).catch(() => undefined);
    await this.router.navigate(['/sign-in'], { queryParams });
  }
}

/** A path of this portal to go on to, whatever a link's `next` holds. */
export function safeNext(next: string | null, home: string): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : home;
}
