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
import { Block } from '../api/blockchain-connector/model/block';
import { TransactionTrace } from '../api/blockchain-connector/model/transaction-trace';
import { Formats } from '../core/formats';
import { Reading } from '../core/reading';
import { repeated } from '../core/repeated';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';
import { Head, actionsOf, head, rows } from './chain-view';

const BLOCKS = 20;
const KEPT = 600;
const SHOWN = 50;
const HISTORY = 100;
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

  private blocks: readonly Block[] = [];
  protected readonly reading = repeated(new Reading(() => this.read()), LOOK_EVERY_MS);
  protected readonly producers = computed(() => {
    const blocks = this.reading.value()?.blocks ?? [];
    return [...new Set(blocks.slice(0, BLOCKS).map((block) => block.producer))].sort();
  });
  protected readonly history = new Reading(() => firstValueFrom(this.api.getLastActions({ limit: HISTORY })));
  protected readonly rows = computed(() => {
    const blocks = this.reading.value()?.blocks ?? [];
    return rows(
      blocks.flatMap((block) => block.transactions),
      this.history.value()?.items ?? [],
    ).slice(0, SHOWN);
  });
  protected readonly actionsOf = actionsOf;

  protected readonly idText = signal('');
  protected readonly id = computed(() => this.idText().trim().toLowerCase());
  protected readonly idFits = computed(() => /^[0-9a-f]{64}$/.test(this.id()));
  protected readonly found = new Reading<TransactionTrace>(() =>
    firstValueFrom(this.api.getTransaction({ transactionId: this.id() })),
  );

  constructor() {
    void this.history.reload();
  }

  protected async look(): Promise<void> {
    if (this.idFits()) {
      this.found.value.set(undefined);
      await this.found.reload();
    }
  }

  /** The head, and the blocks that came since; those seen stay, as long as they are few and no fork undid them. */
  private async read(): Promise<{ head: Head; blocks: readonly Block[] }> {
    const newest = this.blocks.at(0);
    const [info, since] = await Promise.all([firstValueFrom(this.api.getInfo()), this.last(newest?.number)]);
    const oldest = since.at(-1);
    if (oldest === undefined || oldest.previous_id === newest?.id) {
      this.blocks = [...since, ...this.blocks].slice(0, KEPT);
    } else {
      this.blocks = newest === undefined ? since : await this.last();
    }
    return { head: head(info), blocks: this.blocks };
  }

  private async last(after?: number): Promise<readonly Block[]> {
    return (await firstValueFrom(this.api.getBlocks({ after, limit: BLOCKS }))).items;
  }
}
