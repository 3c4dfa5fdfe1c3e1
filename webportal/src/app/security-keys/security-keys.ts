import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { SecurityKey } from '../api/background-manager-logic/model/security-key';
import { Formats } from '../core/formats';
import { Identity } from '../core/identity';
import { Problem, toProblem } from '../core/problem';
import { Reading } from '../core/reading';
import { KeyError, KeyFailure, makeKey } from '../core/security-key';
import { Session } from '../core/session';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';

/** One's own security keys: which there are, one more, another name, away. With the first one all sessions end. */
@Component({
  selector: 'app-security-keys',
  imports: [
    EmptyView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './security-keys.html',
  styleUrl: './security-keys.scss',
})
export class SecurityKeys {
  protected readonly f = inject(Formats);
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly identity = inject(Identity);
  private readonly session = inject(Session);

  protected readonly reading = new Reading(() => this.api.getKeys());
  protected readonly keys = computed(() => this.reading.value()?.items ?? []);
  protected readonly isFirst = computed(() => this.reading.value()?.items.length === 0);
  /** He has a key, and this session began without it. */
  protected readonly isLocked = computed(() => this.reading.value()?.by_key === false && !this.isFirst());
  protected readonly isAdmin = computed(() => this.identity.groups().includes('Admin'));

  protected readonly name = signal('');
  protected readonly code = signal('');
  protected readonly busy = signal(false);
  protected readonly failure = signal<KeyFailure | 'empty' | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  /** The id of the key that is being renamed or is about to go. */
  protected readonly renaming = signal<string | null>(null);
  protected readonly removing = signal<string | null>(null);
  protected readonly newName = signal('');

  constructor() {
    void this.reading.reload();
  }

  protected async add(): Promise<void> {
    const isFirst = this.isFirst();
    const [name, code] = [this.name().trim(), this.code().trim()];
    if (!name || (isFirst && !code)) {
      this.failure.set('empty');
      return;
    }
    const added = await this.run(async () => {
      const { options } = await firstValueFrom(this.api.postOptions());
      const credential = await makeKey(options);
      const payload = { challenge: String(options['challenge']), name, credential, ...(isFirst ? { code } : {}) };
      await firstValueFrom(this.api.postRegister({ payload }));
    });
    if (added && isFirst) {
      await this.session.keyRegistered();
    } else if (added) {
      this.name.set('');
      await this.reading.reload();
    }
  }

  /** An administrator's own first code: his session may make codes, so this gives him nothing that he had not. */
  protected async makeCode(): Promise<void> {
    const sub = this.identity.person()?.sub ?? '';
    await this.run(async () => this.code.set((await firstValueFrom(this.api.postCode({ sub }))).code));
  }

  protected beginRenaming(key: SecurityKey): void {
    this.newName.set(key.name);
    this.renaming.set(key.id);
    this.removing.set(null);
  }

  protected async rename(id: string): Promise<void> {
    const name = this.newName().trim();
    if (name && (await this.run(() => firstValueFrom(this.api.patchKey({ id, payload: { name } }))))) {
      this.renaming.set(null);
      await this.reading.reload();
    }
  }

  protected async remove(id: string): Promise<void> {
    if (await this.run(() => firstValueFrom(this.api.deleteKey({ id }), { defaultValue: null }))) {
      this.removing.set(null);
      await this.reading.reload();
    }
  }

  private async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy()) {
      return false;
    }
    this.busy.set(true);
    this.failure.set(null);
    this.problem.set(null);
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof KeyError) {
        this.failure.set(error.failure);
      } else {
        this.problem.set(toProblem(error));
      }
      return false;
    } finally {
      this.busy.set(false);
    }
  }
}
