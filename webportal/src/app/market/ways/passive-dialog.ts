import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { MatSelectModule } from '@angular/material/select';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom, map } from 'rxjs';
import { BackgroundManagerLogicService } from '../../api/background-manager-logic/api/background-manager-logic.service';
import { WrittenPassiveContract } from '../../api/background-manager-logic/model/written-passive-contract';
import { dayAfter, dayBounds } from '../../core/days';
import { toDecimal } from '../../core/decimals';
import { Formats } from '../../core/formats';
import { Reading } from '../../core/reading';
import { Submission } from '../../core/submission';
import { DateField } from '../../shared/date-field';
import { DoneView } from '../../shared/done-view';
import { EmptyView } from '../../shared/empty-view';
import { ProblemView } from '../../shared/problem-view';
import { ReadingView } from '../../shared/reading-view';
import { MarketApi } from '../market-api';
import { WaysApi } from './ways-api';

/** The EVU proposes a passive contract to a unit's owner. It begins and ends with a day. */
@Component({
  selector: 'app-passive-dialog',
  imports: [
    DateField,
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
  templateUrl: './passive-dialog.html',
  styleUrl: '../../shared/dialog.scss',
})
export class PassiveDialog {
  protected readonly f = inject(Formats);
  protected readonly order = new Submission(inject<MatDialogRef<PassiveDialog>>(MatDialogRef));
  private readonly manager = inject(BackgroundManagerLogicService);
  private readonly market = inject(MarketApi);
  private readonly ways = inject(WaysApi);

  protected readonly reading = new Reading(() => this.read());
  protected readonly unit = signal<string | null>(null);
  protected readonly priceText = signal('');
  protected readonly from = signal('');
  protected readonly until = signal('');
  protected readonly made = signal<WrittenPassiveContract | null>(null);

  protected readonly price = computed(() => toDecimal(this.priceText()));
  /** The first day whose trading has not begun (M-PAS-04). */
  protected readonly earliest = computed(() => this.reading.value()?.earliest ?? '');
  protected readonly fromFits = computed(() => this.from() !== '' && this.from() >= this.earliest());
  protected readonly untilFits = computed(() => this.until() === '' || this.until() > this.from());
  protected readonly complete = computed(
    () => this.unit() !== null && this.price() !== null && this.fromFits() && this.untilFits(),
  );

  constructor() {
    void this.reading.reload();
  }

  protected noon(day: string): string {
    return `${day}T12:00:00Z`;
  }

  protected async propose(): Promise<void> {
    const [unit, price] = [this.unit(), this.price()];
    if (!this.complete() || unit === null || price === null) {
      return;
    }
    const begin = (day: string): string => dayBounds(day).from.toISOString();
    const payload = {
      unit_mastr_nr: unit,
      price_ct_per_kwh: price,
      from_slot: begin(this.from()),
      until_slot: this.until() === '' ? null : begin(this.until()),
    };
    this.made.set(await this.order.send(payload, (key) => this.ways.proposeContract(payload, key)));
  }

  private async read() {
    const [units, { horizon_s }] = await Promise.all([
      firstValueFrom(this.manager.getMarketUnits({ limit: 1000 }).pipe(map(({ items }) => items))),
      firstValueFrom(this.market.parameters()),
    ]);
    const earliest = dayAfter(new Date(Date.now() + horizon_s * 1000));
    this.from.set(earliest);
    return { units: units.filter((unit) => unit.unit_mastr_nr !== null), earliest };
  }
}
