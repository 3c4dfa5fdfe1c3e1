import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { tenThousandths } from '../core/decimals';
import { Formats } from '../core/formats';
import { Identity } from '../core/identity';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ReadingView } from '../shared/reading-view';
import { MarketApi } from './market-api';
import { MoneyMove } from './money-dialog';
import { watched } from './watched';

/** Money on the market: what can be used, what is locked for bids and offers, and how it came to be so. */
@Component({
  selector: 'app-account',
  imports: [EmptyView, Icon, MatButtonModule, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './account.html',
  styleUrl: './account.scss',
})
export class Account {
  protected readonly f = inject(Formats);
  private readonly api = inject(MarketApi);
  private readonly dialogs = inject(MatDialog);
  private readonly identity = inject(Identity);

  protected readonly credits = computed(() => this.identity.groups().includes('EVU'));
  protected readonly reading = watched(() => this.api.account(200));

  protected isNothing(eur: string): boolean {
    return tenThousandths(eur) <= 0;
  }

  protected async move(kind: MoneyMove['kind'], most: string | null): Promise<void> {
    const { MoneyDialog } = await import('./money-dialog');
    const data: MoneyMove = { kind, most };
    const opened = this.dialogs.open(MoneyDialog, {
      data,
      width: '560px',
      maxWidth: '100vw',
      autoFocus: 'first-tabbable',
    });
    await firstValueFrom(opened.afterClosed(), { defaultValue: undefined });
    await this.reading.reload();
  }
}
