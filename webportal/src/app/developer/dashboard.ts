import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../core/formats';
import { Reading } from '../core/reading';
import { repeated } from '../core/repeated';
import { Chip } from '../shared/chip';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { DialogName, RegistrationDialogs } from './dialogs';
import { ListName } from './lists';

/** What is asked are the parts themselves, of which no stream tells. */
const LOOK_EVERY_MS = 10_000;

/** "Entwickler-Dashboard": what can be added and what has been; every part of the installation, and whether it answers. */
@Component({
  selector: 'app-dashboard',
  imports: [Chip, EmptyView, Icon, MatButtonModule, ReadingView, RouterLink, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './dashboard.html',
  styleUrl: './dashboard.scss',
})
export class Dashboard {
  protected readonly f = inject(Formats);
  protected readonly dialogs: readonly DialogName[] = ['box', 'unit', 'meter', 'account', 'marketUnit'];
  protected readonly pages = ['participants', 'data', 'chain', 'audit', 'accesses'] as const;
  protected readonly lists: readonly ListName[] = ['boxes', 'units', 'meters', 'accounts'];
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly opener = inject(RegistrationDialogs);
  protected readonly reading = repeated(new Reading(() => this.api.getAll()), LOOK_EVERY_MS);
  protected readonly parts = computed(() => this.reading.value()?.items ?? []);
  protected readonly online = computed(() => this.parts().filter((part) => part.online).length);

  protected async open(dialog: DialogName): Promise<void> {
    await this.opener.open(dialog);
    if (dialog === 'box') {
      await this.reading.reload();
    }
  }
}
