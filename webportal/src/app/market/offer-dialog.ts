import { ChangeDetectionStrategy, Component, computed, effect, inject, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { MatRadioModule } from '@angular/material/radio';
import { MatSelectModule } from '@angular/material/select';
import { MatStepperModule } from '@angular/material/stepper';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { tenThousandths, toDecimal, toWh } from '../core/decimals';
import { Formats } from '../core/formats';
import { Reading } from '../core/reading';
import { Submission } from '../core/submission';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { ReadingView } from '../shared/reading-view';
import { allowanceOf } from './allowance';
import { MarketApi, Unit, rulesOf } from './market-api';
import { tradableDays } from './slots';

/** "Angebot platzieren": unit, slot, price and amount, confirmation. Nothing typed is lost when a step fails. */
@Component({
  selector: 'app-offer-dialog',
  imports: [
    EmptyView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatDialogModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    MatRadioModule,
    MatSelectModule,
    MatStepperModule,
    ProblemView,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './offer-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class OfferDialog {
  protected readonly f = inject(Formats);
  private readonly api = inject(MarketApi);
  private readonly dialog = inject<MatDialogRef<OfferDialog, boolean>>(MatDialogRef);
  private readonly order = new Submission(this.dialog);

  protected readonly reading = new Reading(() => this.read());
  protected readonly unit = signal<string | null>(null);
  protected readonly date = signal<string | null>(null);
  protected readonly slot = signal<string | null>(null);
  protected readonly energyText = signal('');
  protected readonly priceText = signal('');
  protected readonly busy = this.order.busy;
  protected readonly problem = this.order.problem;

  protected readonly allowance = new Reading(() =>
    allowanceOf(this.api, this.unit() ?? '', this.slot() ?? '', this.slotMs() / 1000),
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
  protected readonly rules = computed(() => {
    const [read, slot] = [this.reading.value(), this.slot()];
    return read === undefined || slot === null ? undefined : rulesOf(read.parameters, new Date(slot));
  });
  protected readonly chosenUnit = computed(() =>
    this.reading.value()?.units.find((unit) => unit.mastr_nr === this.unit()),
  );
  protected readonly left = computed(() => this.allowance.value()?.left_wh ?? 0);
  protected readonly energy = computed(() => toWh(this.energyText()));
  protected readonly price = computed(() => toDecimal(this.priceText()));
  protected readonly energyError = computed(() => {
    const energy = this.energy();
    if (energy === null || energy === 0) {
      return 'number';
    }
    return energy > this.left() ? 'above' : null;
  });
  protected readonly slotReady = computed(
    () => this.slot() !== null && this.allowance.value() !== undefined && !this.allowance.problem() && this.left() > 0,
  );
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
  protected readonly complete = computed(() => this.energyError() === null && this.priceError() === null);

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

  /** When a slot that begins then ends. */
  protected endOf(start: Date | string): Date {
    return new Date(new Date(start).getTime() + this.slotMs());
  }

  protected slotText(): string {
    const slot = this.slot();
    return slot === null ? '' : this.f.slot(slot, this.endOf(slot).toISOString());
  }

  protected chooseDate(date: string): void {
    this.date.set(date);
    this.slot.set(null);
  }

  protected takeAll(): void {
    this.energyText.set(this.f.energyToType(this.left()));
  }

  protected async confirm(): Promise<void> {
    const [unit, slot, energy, price] = [this.unit(), this.slot(), this.energy(), this.price()];
    if (this.busy() || unit === null || slot === null || energy === null || price === null) {
      return;
    }
    const body = { unit_mastr_nr: unit, slot_start: slot, energy_wh: energy, start_price_ct_per_kwh: price };
    if ((await this.order.send(body, (key) => this.api.placeOffer(body, key))) !== null) {
      this.dialog.close(true);
    }
  }

  private slotMs(): number {
    return (this.reading.value()?.parameters.slot_s ?? 0) * 1000;
  }

  private async read() {
    const [registered, own, parameters] = await Promise.all([
      firstValueFrom(this.api.ownMarketUnits()),
      firstValueFrom(this.api.units()),
      firstValueFrom(this.api.parameters()),
    ]);
    const units: readonly Unit[] = own.items.filter((unit) => registered.has(unit.mastr_nr));
    if (units.length === 1) {
      this.unit.set(units[0].mastr_nr);
    }
    return { units, parameters, at: new Date() };
  }
}
