import { JsonPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { BlockchainConnectorService } from '../api/blockchain-connector/api/blockchain-connector.service';
import { Formats } from '../core/formats';
import { Reading } from '../core/reading';
import { repeated } from '../core/repeated';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';
import { Block, Head, Trace, actionsOf, head } from './chain-view';

const BLOCKS = 20;
const KEPT = 600;
const SHOWN = 50;
const LOOK_EVERY_MS = 3_000;

/** The chain: where it is, who produced its last blocks, and what stands in them. */
@Component({
  selector: 'app-chain',
  imports: [
    EmptyView,
    FormsModule,
    Icon,
    JsonPipe,
    MatButtonModule,
    MatFormFieldModule,
    MatInputModule,
    ReadingView,
    RouterLink,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './chain.html',
  styleUrl: './data.scss',
})
export class Chain {
  protected readonly f = inject(Formats);
  private readonly api = inject(BlockchainConnectorService);

  private readonly blocks = new Map<number, Block>();
  protected readonly reading = repeated(new Reading(() => this.read()), LOOK_EVERY_MS);
  protected readonly producers = computed(() => {
    const blocks = this.reading.value()?.blocks ?? [];
    return [...new Set(blocks.slice(0, BLOCKS).map((block) => block.producer))].sort();
  });
  protected readonly traces = computed(() =>
    (this.reading.value()?.blocks ?? [])
      .flatMap((block) => block.transactions)
      .filter((trace) => actionsOf(trace) !== '')
      .slice(0, SHOWN),
  );
  protected readonly actionsOf = actionsOf;

  protected readonly idText = signal('');
  protected readonly id = computed(() => this.idText().trim().toLowerCase());
  protected readonly idFits = computed(() => /^[0-9a-f]{64}$/.test(this.id()));
  protected readonly found = new Reading<Trace>(
    async () => (await firstValueFrom(this.api.getTransaction({ transactionId: this.id() }))) as unknown as Trace,
  );

  protected async look(): Promise<void> {
    if (this.idFits()) {
      this.found.value.set(undefined);
      await this.found.reload();
    }
  }

  /** The head, and the blocks that came since; those seen stay, as long as they are few. */
  private async read(): Promise<{ head: Head; blocks: readonly Block[] }> {
    const info = head(await firstValueFrom(this.api.getInfo()));
    const last = info.headBlock - 1; // the newest may still be in the making
    const first = Math.max(1, last - BLOCKS + 1);
    const missing = range(first, last).filter((number) => !this.blocks.has(number));
    const read = missing.map((number) => firstValueFrom(this.api.getBlock({ number: String(number) })));
    for (const block of (await Promise.all(read)) as unknown as Block[]) {
      this.blocks.set(block.number, block);
    }
    for (const number of [...this.blocks.keys()].filter((number) => number <= last - KEPT)) {
      this.blocks.delete(number);
    }
    return { head: info, blocks: [...this.blocks.values()].sort((a, b) => b.number - a.number) };
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, step) => first + step);
}
