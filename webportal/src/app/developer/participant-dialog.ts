import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatCheckboxModule } from '@angular/material/checkbox';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { TranslocoDirective } from '@jsverse/transloco';
import { from, map } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Participant } from '../api/background-manager-logic/model/participant';
import { Downloads } from '../core/download';
import { Submission } from '../core/submission';
import { DoneView } from '../shared/done-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { ParticipantKeys } from './participant-keys';

const API = '/background-manager-logic/api/v1';
const FIELDS = ['username', 'betreiber_mastr_nr', 'cls_box_ip', 'kwh_annum'] as const;

/** A participant: made of a user of the identity provider, changed, kept out, told what is stored of him, erased. */
@Component({
  selector: 'app-participant-dialog',
  imports: [
    DoneView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatCheckboxModule,
    MatDialogModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    ParticipantKeys,
    ProblemView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './participant-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class ParticipantDialog {
  protected readonly order = new Submission(inject<MatDialogRef<ParticipantDialog>>(MatDialogRef));
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly downloads = inject(Downloads);

  protected readonly fields = FIELDS;
  protected readonly there = signal(inject<Participant | null>(MAT_DIALOG_DATA));
  /** What has been done: the key of a sentence. */
  protected readonly done = signal<string | null>(null);
  protected readonly sure = signal(false);

  protected readonly title = computed(() =>
    this.there() === null && this.done() === null ? 'participants.add' : 'participants.dialog',
  );
  protected readonly username = signal(this.there()?.username ?? '');
  protected readonly operator = signal(this.there()?.betreiber_mastr_nr ?? '');
  protected readonly box = signal(this.there()?.cls_box_ip ?? '');
  protected readonly kwhText = signal(String(this.there()?.kwh_annum ?? ''));
  protected readonly operatorFits = computed(() => /^([A-Z]{3}9\d{11})?$/.test(this.operator().trim().toUpperCase()));
  protected readonly kwhFits = computed(() => /^\d{0,8}$/.test(this.kwhText().trim()));
  protected readonly fits = computed(() => this.username().trim() !== '' && this.operatorFits() && this.kwhFits());

  protected async submit(): Promise<void> {
    if (!this.fits()) {
      return;
    }
    const attributes = {
      betreiber_mastr_nr: this.operator().trim().toUpperCase() || null,
      cls_box_ip: this.box().trim() || null,
      kwh_annum: this.kwhText().trim() === '' ? null : Number(this.kwhText()),
    };
    const there = this.there();
    if (there === null) {
      const payload = { username: this.username().trim(), ...attributes };
      this.keep(
        await this.order.send(payload, (idempotencyKey) => this.api.postNewParticipant({ payload, idempotencyKey })),
        'made',
      );
    } else {
      const { sub } = there;
      this.keep(
        await this.order.send(attributes, () => this.api.patchParticipant({ sub, payload: attributes })),
        'changed',
      );
    }
  }

  protected async keepOut(participant: Participant, disabled: boolean): Promise<void> {
    const payload = { disabled };
    const { sub } = participant;
    this.keep(
      await this.order.send({ sub, ...payload }, () => this.api.patchParticipant({ sub, payload })),
      disabled ? 'disabled' : 'enabled',
    );
  }

  protected async tell({ sub, username }: Participant): Promise<void> {
    const path = `${API}/participant/${sub}/export`;
    await this.order.send({ sub, export: true }, () => from(this.downloads.save(path, {}, `${username}.json`)));
  }

  protected async erase({ sub }: Participant): Promise<void> {
    const erased = await this.order.send({ sub, erase: true }, () =>
      this.api.deleteParticipant({ sub }).pipe(map(() => true)),
    );
    if (erased !== null) {
      this.there.set(null);
      this.done.set('erased');
    }
  }

  private keep(answer: Participant | null, done: string): void {
    if (answer !== null) {
      this.there.set(answer);
      this.done.set(done);
    }
  }
}
