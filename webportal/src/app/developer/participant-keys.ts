import { ChangeDetectionStrategy, Component, inject, input, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { TranslocoDirective } from '@jsverse/transloco';
import { map } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Participant } from '../api/background-manager-logic/model/participant';
import { SecurityKeyCode } from '../api/background-manager-logic/model/security-key-code';
import { Formats } from '../core/formats';
import { Submission } from '../core/submission';
import { Icon } from '../shared/icon';

/** A participant's security keys, as an administrator helps with them: the first one's code, and a reset when they are lost. */
@Component({
  selector: 'app-participant-keys',
  imports: [Icon, MatButtonModule, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <ng-container *transloco="let t">
      <h3>{{ t('participantKeys.title') }}</h3>
      <p class="note">{{ t('participantKeys.lead') }}</p>
      @if (code(); as made) {
        <p role="status">
          {{ t('participantKeys.code', { name: participant().username, until: f.moment(made.expires_at) }) }}
          <output class="code" [attr.aria-label]="t('participantKeys.codeLabel')">{{ made.code }}</output>
        </p>
      }
      @if (wasReset()) {
        <p role="status">{{ t('participantKeys.done', { name: participant().username }) }}</p>
      }
      <div class="steps">
        <button matButton="outlined" type="button" [disabled]="order().busy()" (click)="make()">
          <app-icon name="key" />{{ t('participantKeys.make') }}
        </button>
        @if (asking()) {
          <span>{{ t('participantKeys.sure', { name: participant().username }) }}</span>
          <button matButton="filled" type="button" [disabled]="order().busy()" (click)="reset()">
            {{ t('participantKeys.resetNow') }}
          </button>
          <button matButton type="button" (click)="asking.set(false)">{{ t('common.cancel') }}</button>
        } @else {
          <button matButton="outlined" type="button" [disabled]="order().busy()" (click)="asking.set(true)">
            {{ t('participantKeys.reset') }}
          </button>
        }
      </div>
    </ng-container>
  `,
  styles: `
    .code {
      display: block;
      margin: 8px 0;
      font-size: 1.5rem;
      font-weight: 600;
      letter-spacing: 0.08em;
      font-family: monospace;
      user-select: all;
    }
    .steps {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 8px;
    }
  `,
})
export class ParticipantKeys {
  readonly participant = input.required<Participant>();
  readonly order = input.required<Submission>();

  protected readonly f = inject(Formats);
  protected readonly code = signal<SecurityKeyCode | null>(null);
  protected readonly wasReset = signal(false);
  protected readonly asking = signal(false);
  private readonly api = inject(BackgroundManagerLogicService);

  protected async make(): Promise<void> {
    const { sub } = this.participant();
    const made = await this.order().send({ sub, code: true }, () => this.api.postCode({ sub }));
    this.wasReset.set(false);
    this.code.set(made);
  }

  protected async reset(): Promise<void> {
    const { sub } = this.participant();
    const done = await this.order().send({ sub, reset: true }, () =>
      this.api.deleteKeysOf({ sub }).pipe(map(() => true)),
    );
    this.asking.set(false);
    this.code.set(null);
    this.wasReset.set(done !== null);
  }
}
