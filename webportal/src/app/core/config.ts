import { Injectable, signal } from '@angular/core';

/** What the gateway tells the portal of the installation it belongs to. */
export interface PortalConfig {
  readonly region: string;
  readonly user_pool_id: string;
  readonly portal_client_id: string;
  /** Where the identity provider answers; null for Amazon Cognito itself. */
  readonly identity_endpoint: string | null;
}

/** Read once at the start from `/config.json`. `state` says why there is none. */
@Injectable({ providedIn: 'root' })
export class ConfigService {
  readonly state = signal<'loading' | 'ready' | 'unreachable' | 'invalid'>('loading');
  private config: PortalConfig | null = null;

  get value(): PortalConfig {
    if (this.config === null) {
      throw new Error('The configuration is not there yet.');
    }
    return this.config;
  }

  /** Never rejects. */
  async load(): Promise<void> {
    this.state.set('loading');
    let text: unknown;
    try {
      const answer = await fetch('/config.json', { cache: 'no-store' });
      if (!answer.ok) {
        this.state.set('unreachable');
        return;
      }
      text = await answer.json();
    } catch {
      this.state.set('unreachable');
      return;
    }
    this.config = parseConfig(text);
    this.state.set(this.config === null ? 'invalid' : 'ready');
  }
}

/** The configuration, or null when it is not one. */
export function parseConfig(value: unknown): PortalConfig | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const given = value as Record<string, unknown>;
  const endpoint = given['identity_endpoint'] ?? null;
  const texts = ['region', 'user_pool_id', 'portal_client_id'].map((name) => given[name]);
  if (!texts.every((text) => typeof text === 'string' && text.length > 0)) {
    return null;
  }
  if (endpoint !== null && (typeof endpoint !== 'string' || !URL.canParse(endpoint))) {
    return null;
  }
  const [region, user_pool_id, portal_client_id] = texts as string[];
  return { region, user_pool_id, portal_client_id, identity_endpoint: endpoint as string | null };
}
