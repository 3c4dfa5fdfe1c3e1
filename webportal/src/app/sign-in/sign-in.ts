import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  OnInit,
  afterNextRender,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Router } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Identity, SignInError, SignInFailure, Step } from '../core/identity';
import { homeOf, safeNext } from '../core/session';
import { Icon } from '../shared/icon';

const LEAST_PASSWORD = 12;
const ENDING: ReadonlySet<SignInFailure> = new Set(['expired', 'key-needed', 'key-wrong', 'code-wrong']);

/** Name and password, a new password where the administrator gave a first one, and the security key of who has one. */
@Component({
  selector: 'app-sign-in',
  imports: [
    FormsModule,
    Icon,
    MatButtonModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './sign-in.html',
  styleUrl: './sign-in.scss',
})
export class SignIn implements OnInit {
  /** From the address: why one is here, and where to go on to. */
  readonly reason = input<string>();
  readonly next = input<string>();

  protected readonly step = signal<'password' | 'new-password' | 'key' | 'first-key'>('password');
  protected readonly busy = signal(false);
  protected readonly failure = signal<
    SignInFailure | 'empty' | 'unsupported' | 'short' | 'different' | 'no-code' | null
  >(null);
  protected readonly shown = signal(false);
  protected readonly username = signal('');
  protected readonly password = signal('');
  protected readonly repeated = signal('');
  protected readonly code = signal('');
  protected readonly keyName = signal('');

  private readonly identity = inject(Identity);
  private readonly router = inject(Router);
  private readonly first = viewChild<ElementRef<HTMLInputElement>>('first');

  constructor() {
    afterNextRender(() => this.first()?.nativeElement.focus());
  }

  ngOnInit(): void {
    this.identity.prepare();
  }

  protected async signIn(): Promise<void> {
    if (!this.username().trim() || !this.password()) {
      this.failure.set('empty');
      return;
    }
    await this.run(() => this.identity.signIn(this.username().trim(), this.password()));
  }

  protected async setPassword(): Promise<void> {
    if (this.password().length < LEAST_PASSWORD) {
      this.failure.set('short');
    } else if (this.password() !== this.repeated()) {
      this.failure.set('different');
    } else {
      await this.run(() => this.identity.setNewPassword(this.password()));
    }
  }

  protected async confirmKey(): Promise<void> {
    await this.run(() => this.identity.confirmKey());
  }

  protected async registerKey(): Promise<void> {
    if (!this.code().trim() || !this.keyName().trim()) {
      this.failure.set('no-code');
      return;
    }
    await this.run(() => this.identity.registerFirstKey(this.code().trim(), this.keyName().trim()));
  }

  private async run(ask: () => Promise<Step>): Promise<void> {
    if (this.busy()) {
      return;
    }
    this.busy.set(true);
    this.failure.set(null);
    try {
      await this.goOn(await ask());
    } catch (error) {
      const failure = error instanceof SignInError ? error.failure : 'unknown';
      this.failure.set(failure);
      if (ENDING.has(failure)) {
        this.step.set('password'); // the challenge is over: the whole sign-in begins again
        this.password.set('');
      }
    } finally {
      this.busy.set(false);
    }
  }

  private async goOn(step: Step): Promise<void> {
    if (step === 'done') {
      await this.router.navigateByUrl(safeNext(this.next() ?? null, homeOf(this.identity.groups())));
    } else if (step === 'new-password') {
      this.password.set('');
      this.repeated.set('');
      this.step.set('new-password');
    } else if (step === 'key' || step === 'first-key') {
      this.step.set(step);
    } else {
      this.failure.set('unsupported');
    }
  }
}
