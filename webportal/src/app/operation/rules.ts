import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { TranslocoDirective } from '@jsverse/transloco';
import { forkJoin, map } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { MarketParametersRow } from '../api/background-manager-logic/model/market-parameters-row';
import { MarketProposal } from '../api/background-manager-logic/model/market-proposal';
import { ProposedChange } from '../api/background-manager-logic/model/proposed-change';
import { Formats } from '../core/formats';
import { Reading } from '../core/reading';
import { repeated } from '../core/repeated';
import { Chip, Tone } from '../shared/chip';
import { Confirmation } from '../shared/confirmation';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { opened } from '../shared/opened';
import { ReadingView } from '../shared/reading-view';
import { PARAMETERS, differing, shownParameter } from './parameters';

/** Of what the governors do, no stream tells. */
const LOOK_EVERY_MS = 15_000;
const TONES: Readonly<Record<MarketProposal['status'], Tone>> = {
  open: 'busy',
  approved: 'busy',
  executed: 'good',
  expired: 'calm',
  cancelled: 'calm',
};

/** The market's prices and parameters: what holds, what is coming, and what stands before the governors (M-ADM). */
@Component({
  selector: 'app-rules',
  imports: [Chip, EmptyView, Icon, MatButtonModule, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './rules.html',
  styleUrl: './operation.scss',
})
export class Rules {
  protected readonly f = inject(Formats);
  protected readonly tones = TONES;
  protected readonly parameters = PARAMETERS;
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly dialogs = inject(MatDialog);
  private readonly confirmation = inject(Confirmation);

  protected readonly reading = repeated(
    new Reading(() =>
      forkJoin({
        prices: this.api.getMarketPrices({}),
        parameters: this.api.getParameters({}),
        proposals: this.api.getMarketProposals({ limit: 50 }).pipe(map(({ items }) => items)),
      }),
    ),
    LOOK_EVERY_MS,
  );
  /** Those that stand come first. */
  protected readonly proposals = computed(() =>
    [...(this.reading.value()?.proposals ?? [])].sort((a, b) => Number(this.stands(b)) - Number(this.stands(a))),
  );

  protected stands({ status }: MarketProposal): boolean {
    return status === 'open' || status === 'approved';
  }

  protected shown(row: MarketParametersRow, parameter: (typeof PARAMETERS)[number]): string {
    return shownParameter(this.f, row, parameter);
  }

  protected changed(now: MarketParametersRow, then: MarketParametersRow): typeof PARAMETERS {
    return differing(now, then);
  }

  /** Against what holds now. */
  protected proposed({ parameters }: ProposedChange): { name: string; value: string }[] {
    const holds = this.reading.value()?.parameters.holds;
    return parameters === null || holds === undefined
      ? []
      : differing(holds, parameters).map((each) => ({
          name: each.name,
          value: shownParameter(this.f, parameters, each),
        }));
  }

  protected approved(proposal: MarketProposal): number {
    return proposal.approvals.filter((approval) => approval.approved_at !== null).length;
  }

  protected async changePrices(): Promise<void> {
    const { PricesDialog } = await import('./prices-dialog');
    await this.open(PricesDialog, this.reading.value()?.prices);
  }

  protected async changeParameters(): Promise<void> {
    const { ParametersDialog } = await import('./parameters-dialog');
    await this.open(ParametersDialog, this.reading.value()?.parameters);
  }

  protected async takeBack(proposal: MarketProposal): Promise<void> {
    const { name } = proposal;
    await this.confirmation.ask({
      scope: 'proposals.takeBack',
      facts: [
        ['proposals.name', name],
        ['proposals.expires', this.f.moment(proposal.expires_at)],
      ],
      order: { takeBack: name },
      run: () => this.api.deleteMarketProposal({ name }),
    });
    await this.reading.reload();
  }

  private async open(dialog: Parameters<typeof opened>[1], data: unknown): Promise<void> {
    await opened(this.dialogs, dialog, data);
    await this.reading.reload();
  }
}
