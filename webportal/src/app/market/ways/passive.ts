import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../../core/formats';
import { Identity } from '../../core/identity';
import { Chip, Tone } from '../../shared/chip';
import { Confirmation } from '../../shared/confirmation';
import { EmptyView } from '../../shared/empty-view';
import { Icon } from '../../shared/icon';
import { opened } from '../../shared/opened';
import { ReadingView } from '../../shared/reading-view';
import { watched } from '../watched';
import { Contract, WaysApi } from './ways-api';

const STEP = 100;
const TONES: Readonly<Record<Contract['status'], Tone>> = {
  proposed: 'busy',
  expired: 'calm',
  dropped: 'calm',
  accepted: 'good',
  running: 'good',
  ended: 'calm',
};

/** Passive contracts: the EVU takes all that a unit feeds in, at a fixed price. It proposes, the owner agrees. */
@Component({
  selector: 'app-passive',
  imports: [Chip, EmptyView, Icon, MatButtonModule, ReadingView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './passive.html',
  styleUrl: './ways.scss',
})
export class Passive {
  protected readonly f = inject(Formats);
  protected readonly tones = TONES;
  private readonly api = inject(WaysApi);
  private readonly dialogs = inject(MatDialog);
  private readonly confirmation = inject(Confirmation);
  private readonly identity = inject(Identity);

  protected readonly evu = computed(() => this.identity.groups().includes('EVU'));
  protected readonly limit = signal(STEP);
  protected readonly reading = watched(() => this.api.contracts(this.limit()));
  protected readonly contracts = computed(() => this.reading.value()?.items ?? []);

  /** Whose turn it is, or what holds. */
  protected meaning({ status, from_slot, until_slot }: Contract): string {
    if (status === 'ended' && until_slot === from_slot) {
      return 'passive.meanings.ended-never';
    }
    const side = status === 'proposed' ? (this.evu() ? '-evu' : '-owner') : '';
    return `passive.meanings.${status}${side}${status === 'running' && until_slot === null ? '-open' : ''}`;
  }

  /** What it holds for, in words. */
  protected span(contract: Contract, open: string): string {
    const until = contract.until_slot === null ? open : this.f.slot(contract.until_slot);
    return `${this.f.slot(contract.from_slot)} – ${until}`;
  }

  protected holds({ status }: Contract): boolean {
    return status === 'accepted' || status === 'running';
  }

  protected async propose(): Promise<void> {
    const { PassiveDialog } = await import('./passive-dialog');
    await opened(this.dialogs, PassiveDialog);
    await this.reading.reload();
  }

  protected async end(contract: Contract): Promise<void> {
    const { PassiveEndDialog } = await import('./passive-end-dialog');
    await opened(this.dialogs, PassiveEndDialog, contract);
    await this.reading.reload();
  }

  protected accept(contract: Contract, open: string): Promise<void> {
    return this.ask('accept', contract, open, (key) => this.api.acceptContract(contract, key));
  }

  protected drop(contract: Contract, open: string): Promise<void> {
    const what = this.evu() ? 'takeBack' : 'refuse';
    return this.ask(what, contract, open, () => this.api.dropContract(contract.contract_id));
  }

  protected more(): void {
    this.limit.update((limit) => Math.min(1000, limit + STEP));
    void this.reading.reload();
  }

  private async ask(
    what: string,
    contract: Contract,
    open: string,
    run: (key: string) => ReturnType<WaysApi['acceptContract']>,
  ): Promise<void> {
    await this.confirmation.ask({
      scope: `passive.${what}`,
      facts: [
        ['passive.unit', contract.unit_mastr_nr ?? String(contract.unit_id)],
        ['columns.price', this.f.price(contract.price_ct_per_kwh)],
        ['passive.span', this.span(contract, open)],
      ],
      order: { what, contract: contract.contract_id },
      run,
    });
    await this.reading.reload();
  }
}
