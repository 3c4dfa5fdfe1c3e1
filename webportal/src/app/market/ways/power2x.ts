import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatButtonToggleModule } from '@angular/material/button-toggle';
import { MatDialog } from '@angular/material/dialog';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../../core/formats';
import { EmptyView } from '../../shared/empty-view';
import { opened } from '../../shared/opened';
import { ReadingView } from '../../shared/reading-view';
import { watched } from '../watched';
import { P2xSlot, WaysApi } from './ways-api';

const STEP = 50;
const FILTERS = ['mintable', 'all'] as const;

/** Power2X: for energy that it took over and converts, the EVU mints tokens, one per kWh (M-P2X-01). */
@Component({
  selector: 'app-power2x',
  imports: [EmptyView, MatButtonModule, MatButtonToggleModule, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './power2x.html',
  styleUrl: './ways.scss',
})
export class Power2X {
  protected readonly f = inject(Formats);
  protected readonly filters = FILTERS;
  private readonly api = inject(WaysApi);
  private readonly dialogs = inject(MatDialog);

  protected readonly filter = signal<(typeof FILTERS)[number]>('mintable');
  protected readonly shown = signal(STEP);
  protected readonly reading = watched(() => this.api.power2x(100));
  /** The newest first. */
  private readonly slots = computed(() =>
    (this.reading.value()?.slots ?? [])
      .filter((slot) => this.filter() === 'all' || slot.mintable_kwh > 0)
      .sort((a, b) => Date.parse(b.slot_start) - Date.parse(a.slot_start)),
  );
  protected readonly rows = computed(() => this.slots().slice(0, this.shown()));
  protected readonly hidden = computed(() => this.slots().length > this.rows().length);

  protected more(): void {
    this.shown.update((shown) => shown + STEP);
  }

  protected async mint(slot: P2xSlot): Promise<void> {
    const { MintDialog } = await import('./mint-dialog');
    await opened(this.dialogs, MintDialog, slot);
    await this.reading.reload();
  }
}
