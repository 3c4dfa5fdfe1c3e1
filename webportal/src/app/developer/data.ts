import { ChangeDetectionStrategy, Component, DestroyRef, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { ForecastConnectorService } from '../api/forecast-connector/api/forecast-connector.service';
import { MastrConnectorService } from '../api/mastr-connector/api/mastr-connector.service';
import { NewInit } from '../api/mastr-connector/model/new-init';
import { Formats } from '../core/formats';
import { FollowedJob } from '../core/job';
import { Reading } from '../core/reading';
import { Icon } from '../shared/icon';
import { JobView } from '../shared/job-view';
import { ReadingView } from '../shared/reading-view';

/** The register and the forecasts: what is there, and the jobs that bring more, with their progress. */
@Component({
  selector: 'app-data',
  imports: [
    FormsModule,
    Icon,
    JobView,
    MatButtonModule,
    MatFormFieldModule,
    MatInputModule,
    ReadingView,
    RouterLink,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './data.html',
  styleUrl: './data.scss',
})
export class Data {
  protected readonly f = inject(Formats);
  private readonly register = inject(MastrConnectorService);
  private readonly forecasts = inject(ForecastConnectorService);
  private readonly page = inject(DestroyRef);

  protected readonly reading = new Reading(() => this.register.getStatus());
  protected readonly init = computed(() => this.reading.value()?.last_init ?? null);
  protected readonly update = computed(() => this.reading.value()?.last_update ?? null);
  protected readonly quota = computed(() => this.reading.value()?.quota ?? null);
  protected readonly counts = computed(() =>
    Object.entries(this.reading.value()?.counts ?? {}).sort(([a], [b]) => a.localeCompare(b)),
  );
  protected readonly importing = new FollowedJob((jobId) => this.register.getJob({ jobId }), this.page);
  protected readonly updating = new FollowedJob((jobId) => this.register.getJob({ jobId }), this.page);
  protected readonly reads = new FollowedJob((jobId) => this.forecasts.getJob({ jobId }), this.page);

  protected readonly source = signal('');
  protected readonly postcodesText = signal('');
  protected readonly postcodes = computed(() =>
    this.postcodesText()
      .split(/[\s,;]+/)
      .filter(Boolean),
  );
  protected readonly postcodesFit = computed(() => this.postcodes().every((code) => /^\d{5}$/.test(code)));

  constructor() {
    void this.reading.reload();
  }

  protected async importExport(): Promise<void> {
    if (this.source().trim() === '' || !this.postcodesFit()) {
      return;
    }
    const payload: NewInit = {
      source: this.source().trim(),
      ...(this.postcodes().length > 0 ? { filter: { postcodes: this.postcodes() } } : {}),
    };
    await this.importing.start(payload, (idempotencyKey) => this.register.postInit({ payload, idempotencyKey }));
    await this.reading.reload();
  }

  protected async updateRegister(): Promise<void> {
    await this.updating.start({ update: 'register' }, (idempotencyKey) => this.register.postUpdate({ idempotencyKey }));
    await this.reading.reload();
  }

  protected async readWorkbooks(): Promise<void> {
    await this.reads.start({ update: 'forecasts' }, (idempotencyKey) => this.forecasts.postUpdate({ idempotencyKey }));
  }

  protected asText(value: unknown): string {
    return typeof value === 'string' ? value : typeof value === 'number' ? this.f.number(value) : '–';
  }

  protected asMoment(value: unknown): string {
    return this.f.moment(typeof value === 'string' ? value : null);
  }
}
