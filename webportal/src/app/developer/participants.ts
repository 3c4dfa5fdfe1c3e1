import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Participant } from '../api/background-manager-logic/model/participant';
import { Formats } from '../core/formats';
import { Reading } from '../core/reading';
import { Chip } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';

const MOST = 1000;

/** Who takes part: user, box, account and consumption tied together, and what an administrator may do about it. */
@Component({
  selector: 'app-participants',
  imports: [
    Chip,
    EmptyView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatFormFieldModule,
    MatInputModule,
    ReadingView,
    RouterLink,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './participants.html',
  styleUrl: './registration-list.scss',
})
export class Participants {
  protected readonly f = inject(Formats);
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly dialogs = inject(MatDialog);

  protected readonly reading = new Reading(() => this.api.getParticipants({ limit: MOST }));
  protected readonly all = computed(() => this.reading.value()?.items ?? []);
  protected readonly search = signal('');
  protected readonly found = computed(() => {
    const words = this.search().toLowerCase().split(/\s+/);
    return this.all().filter((one) => {
      const text = [one.username, one.email, one.cls_box_ip, one.eos_account, one.betreiber_mastr_nr].join(' ');
      return words.every((word) => text.toLowerCase().includes(word));
    });
  });

  constructor() {
    void this.reading.reload();
  }

  /** A new one, or one who is there. */
  protected async open(participant: Participant | null): Promise<void> {
    const { ParticipantDialog } = await import('./participant-dialog');
    const opened = this.dialogs.open(ParticipantDialog, {
      data: participant,
      width: '640px',
      maxWidth: '100vw',
      autoFocus: 'first-tabbable',
    });
    await firstValueFrom(opened.afterClosed(), { defaultValue: undefined });
    await this.reading.reload();
  }
}
