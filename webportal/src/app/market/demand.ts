import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Clock } from '../core/clock';
import { Formats } from '../core/formats';
import { Identity } from '../core/identity';
import { MarketApi } from './market-api';
import { watched } from './watched';

const SHOWN = 6;
const HOURS = 24;

/** What one's own household will probably need: the standard profile, brought to its yearly consumption. */
@Component({
  selector: 'app-demand',
  imports: [TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (slots().length > 0) {
      <section class="card" aria-labelledby="demand" *transloco="let t">
        <div class="about">
          <h3 id="demand">{{ t('demand.title') }}</h3>
          <p>{{ t('demand.lead', { energy: f.energy(total()), kwh: f.number(kwhAnnum()) }) }}</p>
        </div>
        <ol>
          @for (slot of slots(); track slot.start) {
            <li>
              <span>{{ f.slotTime(slot.at, null) }}</span>
              <strong>{{ f.energy(slot.wh) }}</strong>
            </li>
          }
        </ol>
      </section>
    }
  `,
  styles: `
    section {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 12px 32px;
      margin-bottom: 16px;
      padding: 14px 20px;
    }
    .about {
      flex: 1 1 260px;
    }
    h3 {
      font-size: 1rem;
    }
    p {
      margin: 2px 0 0;
      font-size: 0.875rem;
      color: var(--mat-sys-on-surface-variant);
    }
    ol {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(84px, 1fr));
      flex: 2 1 320px;
      gap: 8px;
      margin: 0;
      padding: 0;
      list-style: none;
    }
    li {
      display: flex;
      flex-direction: column;
      font-variant-numeric: tabular-nums;
    }
    li span {
      font-size: 0.8125rem;
      color: var(--mat-sys-on-surface-variant);
    }
  `,
})
export class Demand {
  protected readonly f = inject(Formats);
  private readonly api = inject(MarketApi);
  private readonly clock = inject(Clock);
  private readonly identity = inject(Identity);

  protected readonly kwhAnnum = computed(() => this.identity.person()?.kwhAnnum ?? 0);
  private readonly reading = watched(async () => {
    const [now, kwh] = [Date.now(), this.kwhAnnum()];
    return kwh > 0 ? this.api.demand(new Date(now), new Date(now + HOURS * 3_600_000), kwh) : [];
  });
  private readonly coming = computed(() =>
    (this.reading.value() ?? []).filter((slot) => slot.at.getTime() > this.clock.now()),
  );
  protected readonly slots = computed(() => this.coming().slice(0, SHOWN));
  protected readonly total = computed(() => this.coming().reduce((sum, slot) => sum + slot.wh, 0));
}
