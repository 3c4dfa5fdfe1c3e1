import { ChangeDetectionStrategy, Component, computed, effect, inject, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { MatSelectModule } from '@angular/material/select';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { WrittenP2pDeal } from '../../api/background-manager-logic/model/written-p2p-deal';
import { tenThousandths, toDecimal, toWh } from '../../core/decimals';
import { Formats } from '../../core/formats';
import { Reading } from '../../core/reading';
import { Submission } from '../../core/submission';
import { DoneView } from '../../shared/done-view';
import { EmptyView } from '../../shared/empty-view';
import { ProblemView } from '../../shared/problem-view';
import { ReadingView } from '../../shared/reading-view';
import { allowanceOf } from '../allowance';
import { MarketApi, Unit, rulesOf } from '../market-api';
import { tradableDays } from '../slots';
import { WaysApi } from './ways-api';

/** A deal proposed to one buyer: whose energy, when, how much, at what price. */
@Component({
  selector: 'app-deal-dialog',
  imports: [
    DoneView,
    EmptyView,
    FormsModule,
    MatButtonModule,
    MatDialogModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    MatSelectModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './deal-dialog.html',
  styleUrl: '../../shared/dialog.scss',
})
export class DealDialog {
  protected readonly f = inject(Formats);
  protected readonly order = new Submission(inject<MatDialogRef<DealDialog>>(MatDialogRef));
  private readonly api = inject(MarketApi);
  private readonly ways = inject(WaysApi);

  protected readonly reading = new Reading(() => this.read());
  protected readonly unit = signal<string | null>(null);
  protected readonly date = signal<string | null>(null);
  protected readonly slot = signal<string | null>(null);
  protected readonly buyerText = signal('');
  protected readonly energyText = signal('');
  protected readonly priceText = signal('');
  protected readonly made = signal<WrittenP2pDeal | null>(null);
  protected readonly allowance = new Reading(() =>
    allowanceOf(this.api, this.unit() ?? '', this.slot() ?? '', this.slotS()),
  );

  protected readonly days = computed(() => {
    const read = this.reading.value();
    if (read === undefined) {
      return [];
    }
    const { parameters } = read;
    const leadOf = (slot: Date): number => rulesOf(parameters, slot)?.lead_s ?? 0;
    return tradableDays(read.at, parameters.slot_s, parameters.horizon_s, leadOf);
  });
  protected readonly slots = computed(() => this.days().find((day) => day.date === this.date())?.slots ?? []);
  protected readonly buyer = computed(() => this.buyerText().trim().toLowerCase());
  protected readonly buyerFits = computed(() => /^[a-z1-5]{1,12}$/.test(this.buyer()));
  protected readonly energy = computed(() => toWh(this.energyText()));
  protected readonly price = computed(() => toDecimal(this.priceText()));
  protected readonly left = computed(() => this.allowance.value()?.left_wh ?? 0);
  /** A unit that has offered energy of a slot makes no deal for it, too (M-PAS-02). */
  protected readonly offered = computed(() => (this.allowance.value()?.offered_wh ?? 0) > 0);
  protected readonly energyError = computed(() => {
    const energy = this.energy();
    if (energy === null || energy === 0) {
      return 'number';
    }
    return this.allowance.value() !== undefined && energy > this.left() ? 'above' : null;
  });
  protected readonly rules = computed(() => {
    const [read, slot] = [this.reading.value(), this.slot()];
    return read === undefined || slot === null ? undefined : rulesOf(read.parameters, new Date(slot));
  });
  protected readonly priceError = computed(() => {
    const [price, rules] = [this.price(), this.rules()];
    if (price === null) {
      return 'number';
    }
    const units = tenThousandths(price);
    const within =
      rules === undefined ||
      (units >= tenThousandths(rules.min_price_ct_per_kwh) && units <= tenThousandths(rules.max_price_ct_per_kwh));
    return within ? null : 'bounds';
  });
  protected readonly complete = computed(
    () =>
      this.unit() !== null &&
      this.slot() !== null &&
      this.buyerFits() &&
      this.energyError() === null &&
      this.priceError() === null &&
      this.left() > 0 &&
      !this.offered(),
  );

  constructor() {
    void this.reading.reload();
    effect(() => {
      if (this.unit() !== null && this.slot() !== null) {
        untracked(() => {
          this.allowance.value.set(undefined);
          void this.allowance.reload();
        });
      }
    });
  }

  protected endOf(start: Date): Date {
    return new Date(start.getTime() + this.slotS() * 1000);
  }

  protected chooseDate(date: string): void {
    this.date.set(date);
    this.slot.set(null);
  }

  protected async propose(): Promise<void> {
    const [unit, slot, energy, price] = [this.unit(), this.slot(), this.energy(), this.price()];
    if (!this.complete() || unit === null || slot === null || energy === null || price === null) {
      return;
    }
    const payload = {
      unit_mastr_nr: unit,
      buyer_account: this.buyer(),
      slot_start: slot,
      energy_wh: energy,
      price_ct_per_kwh: price,
    };
    this.made.set(await this.order.send(payload, (key) => this.ways.proposeDeal(payload, key)));
  }

  private slotS(): number {
    return this.reading.value()?.parameters.slot_s ?? 0;
  }

  private async read() {
    const [registered, own, parameters] = await Promise.all([
      firstValueFrom(this.api.ownMarketUnits()),
      firstValueFrom(this.api.units()),
      firstValueFrom(this.api.parameters()),
    ]);
    const units: readonly Unit[] = own.items.filter((unit) => registered.has(unit.mastr_nr));
    this.unit.set(units.at(0)?.mastr_nr ?? null);
    return { units, parameters, at: new Date() };
  }
}
