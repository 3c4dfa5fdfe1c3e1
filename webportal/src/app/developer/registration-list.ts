import { ChangeDetectionStrategy, Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Formats, NONE } from '../core/formats';
import { Reading } from '../core/reading';
import { Confirmation } from '../shared/confirmation';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';
import { RegistrationDialogs } from './dialogs';
import { ListName, LISTS, WORDS } from './lists';

const STEP = 100;

/** "Liste aller ...": what has been added, to be searched, and the dialog that adds more. */
@Component({
  selector: 'app-registration-list',
  imports: [
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
  templateUrl: './registration-list.html',
  styleUrl: './registration-list.scss',
})
export class RegistrationList {
  /** Which one; from the route. */
  readonly list = input.required<ListName>();

  protected readonly none = NONE;
  protected readonly words = WORDS;
  private readonly f = inject(Formats);
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly dialogs = inject(RegistrationDialogs);
  private readonly confirmation = inject(Confirmation);

  protected readonly limit = signal(STEP);
  protected readonly search = signal('');
  protected readonly about = computed(() => LISTS[this.list()]);
  protected readonly reading = new Reading(() => this.about().read(this.api, this.limit()));
  protected readonly rows = computed(() =>
    (this.reading.value()?.rows ?? []).map(({ id, cells }) => ({ id, cells: cells(this.f) })),
  );
  protected readonly found = computed(() => {
    const words = this.search().toLowerCase().split(/\s+/);
    return this.rows().filter(({ cells }) => words.every((word) => cells.join(' ').toLowerCase().includes(word)));
  });

  constructor() {
    effect(() => {
      this.about();
      this.limit();
      untracked(() => void this.reading.reload());
    });
  }

  protected more(): void {
    this.limit.update((limit) => Math.min(1000, limit * 10));
  }

  /** What still depends on it is said by the service, and nothing is removed then. */
  protected async remove(row: { readonly id: string; readonly cells: readonly string[] }): Promise<void> {
    const { columns, remove } = this.about();
    if (remove !== null) {
      await this.confirmation.ask({
        scope: `lists.${this.list()}.remove`,
        values: { name: row.cells[0] },
        facts: columns.map((column, index) => [`columns.${column}`, row.cells[index]] as const),
        order: { remove: row.id, list: this.list() },
        run: () => remove(this.api, row.id),
      });
      await this.reading.reload();
    }
  }

  protected async add(): Promise<void> {
    await this.dialogs.open(this.about().dialog);
    await this.reading.reload();
  }
}
