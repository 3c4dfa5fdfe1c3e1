import { Injectable, computed, inject, signal } from '@angular/core';
import { ConfigService } from './config';
import { KeyError, KeyFailure, makeKey, useKey } from './security-key';

export const GROUPS = ['Admin', 'EVU', 'User'] as const;
export type Group = (typeof GROUPS)[number];

export interface Person {
  readonly sub: string;
  readonly username: string;
  readonly email: string | null;
  readonly groups: readonly Group[];
  /** What his household uses in a year, as the administration has entered it. */
  readonly kwhAnnum: number | null;
}

/** What the sign-in asks for next. */
export type Step = 'done' | 'new-password' | 'key' | 'first-key' | 'unsupported';

/** Why a sign-in failed, as a key of the texts. */
export type SignInFailure =
  | 'wrong'
  | 'unreachable'
  | 'too-many'
  | 'reset-required'
  | 'weak-password'
  | 'disabled'
  | 'expired'
  | 'key-needed'
  | 'key-wrong'
  | 'code-wrong'
  | 'unknown'
  | KeyFailure;

export class SignInError extends Error {
  override readonly name = 'SignInError';

  constructor(readonly failure: SignInFailure) {
    super(failure);
  }
}

/** Which step a challenge of the pool is, by its kind. */
const KINDS: Partial<Record<string, Step>> = { FIDO2: 'key', FIDO2_FIRST: 'first-key' };

interface NextStep {
  readonly signInStep: string;
  readonly additionalInfo?: Record<string, string>;
}

type AmplifyModule = typeof import('./amplify');

/** Who is signed in, and his tokens. Amplify is loaded when it is needed first. */
@Injectable({ providedIn: 'root' })
export class Identity {
  readonly person = signal<Person | null>(null);
  readonly groups = computed(() => this.person()?.groups ?? []);

  private readonly config = inject(ConfigService);
  private loading: Promise<AmplifyModule> | null = null;
  private refreshing: Promise<string | null> | null = null;
  private asked: Record<string, unknown> = {};

  /** Load what the sign-in needs while the user still types. */
  prepare(): void {
    this.amplify().catch(() => undefined);
  }

  /** Takes up a session that this browser has from before. Never rejects. */
  async restore(): Promise<void> {
    if (this.config.state() !== 'ready' || !this.hasStoredSession()) {
      return;
    }
    try {
      await this.readSession(false);
    } catch {
      this.person.set(null);
    }
  }

  /** Raises SignInError. */
  async signIn(username: string, password: string): Promise<Step> {
    return this.step(async (amplify) => {
      await amplify.signOut().catch(() => undefined); // a session left over would refuse the new one
      return amplify.signIn({ username, password, options: { authFlowType: 'CUSTOM_WITH_SRP' } });
    });
  }

  /** Answers `new-password`. Raises SignInError. */
  async setNewPassword(password: string): Promise<Step> {
    return this.step((amplify) => amplify.confirmSignIn({ challengeResponse: password }));
  }

  /** Answers `key`. Raises SignInError. */
  async confirmKey(): Promise<Step> {
    return this.answerWith('key-wrong', async () => useKey(this.asked));
  }

  /** Answers `first-key`, with the administrator's one-time code. Raises SignInError. */
  async registerFirstKey(code: string, name: string): Promise<Step> {
    return this.answerWith('code-wrong', async () => ({ code, name, credential: await makeKey(this.asked) }));
  }

  /** The access token, fresh if asked; null without a session. Rejects when the identity provider does not answer. */
  async token(fresh = false): Promise<string | null> {
    if (this.person() === null) {
      return null;
    }
    if (!fresh) {
      return this.readSession(false);
    }
    this.refreshing ??= this.readSession(true).finally(() => (this.refreshing = null)); // many calls, one refresh
    return this.refreshing;
  }

  /** `everywhere`: all sessions of this user end, on whatever device. */
  async signOut(everywhere = false): Promise<void> {
    const amplify = await this.amplify();
    const ended = amplify.signOut({ global: everywhere }); // it needs the tokens
    this.person.set(null);
    await ended.catch(() => (everywhere ? amplify.signOut() : undefined)).catch(() => undefined);
  }

  /** `wrong`: what it means when the pool refuses the answer; the whole sign-in begins again then. */
  private async answerWith(wrong: SignInFailure, make: () => Promise<object>): Promise<Step> {
    try {
      const challengeResponse = JSON.stringify(await make());
      return await this.step((amplify) => amplify.confirmSignIn({ challengeResponse }));
    } catch (error) {
      if (error instanceof KeyError) {
        throw new SignInError(error.failure);
      }
      throw error instanceof SignInError && error.failure === 'wrong' ? new SignInError(wrong) : error;
    }
  }

  private async step(
    ask: (amplify: AmplifyModule) => Promise<{ isSignedIn: boolean; nextStep: NextStep }>,
  ): Promise<Step> {
    try {
      const answer = await ask(await this.amplify());
      if (answer.isSignedIn) {
        await this.readSession(false);
        return 'done';
      }
      return this.stepOf(answer.nextStep);
    } catch (error) {
      throw new SignInError(failureOf(error));
    }
  }

  private stepOf({ signInStep, additionalInfo }: NextStep): Step {
    if (signInStep === 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED') {
      return 'new-password';
    }
    const step = KINDS[additionalInfo?.['kind'] ?? ''];
    if (signInStep !== 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE' || step === undefined) {
      return 'unsupported';
    }
    this.asked = JSON.parse(additionalInfo?.['fido2options'] ?? '{}') as Record<string, unknown>;
    return step;
  }

  private async readSession(forceRefresh: boolean): Promise<string | null> {
    const amplify = await this.amplify();
    const { tokens } = await amplify.fetchAuthSession({ forceRefresh });
    const person = tokens ? personOf(tokens.accessToken.payload, tokens.idToken?.payload ?? {}) : null;
    if (JSON.stringify(person) !== JSON.stringify(this.person())) {
      this.person.set(person);
    }
    return tokens?.accessToken.toString() ?? null;
  }

  private amplify(): Promise<AmplifyModule> {
    this.loading ??= import('./amplify')
      .then((amplify) => {
        amplify.configure(this.config.value);
        return amplify;
      })
      .catch((error: unknown) => {
        this.loading = null; // the next call tries again
        throw error;
      });
    return this.loading;
  }

  private hasStoredSession(): boolean {
    try {
      const prefix = `CognitoIdentityServiceProvider.${this.config.value.portal_client_id}`;
      return localStorage.getItem(`${prefix}.LastAuthUser`) !== null;
    } catch {
      return false;
    }
  }
}

/** The person that a pair of tokens tells of. */
export function personOf(access: Record<string, unknown>, id: Record<string, unknown>): Person {
  const told = access['cognito:groups'];
  const groups = GROUPS.filter((group) => Array.isArray(told) && told.includes(group));
  const email = id['email'];
  const kwhAnnum = Number(id['custom:kwh_annum']);
  return {
    sub: String(access['sub']),
    username: String(access['username'] ?? id['cognito:username'] ?? ''),
    email: typeof email === 'string' ? email : null,
    groups,
    kwhAnnum: kwhAnnum > 0 ? kwhAnnum : null,
  };
}

/** What an error of Amplify or of the pool means to the person who signs in. */
export function failureOf(error: unknown): SignInFailure {
  const { name = '', message = '' } = error instanceof Error ? error : {};
  switch (name) {
    case 'NotAuthorizedException':
      if (/disabled/i.test(message)) {
        return 'disabled';
      }
      return /session|expired/i.test(message) ? 'expired' : 'wrong';
    case 'UserNotFoundException':
    case 'EmptySignInUsername':
    case 'EmptySignInPassword':
      return 'wrong';
    case 'NetworkError':
    case 'TypeError': // a chunk or an endpoint that cannot be fetched
      return 'unreachable';
    case 'TooManyRequestsException':
    case 'LimitExceededException':
      return 'too-many';
    case 'UserLambdaValidationException':
      return 'key-needed';
    case 'UnexpectedLambdaException':
      return 'unreachable';
    case 'PasswordResetRequiredException':
      return 'reset-required';
    case 'InvalidPasswordException':
      return 'weak-password';
    case 'CodeMismatchException':
    case 'ExpiredCodeException':
      return 'expired';
    default:
      return 'unknown';
  }
}
