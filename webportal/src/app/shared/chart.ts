import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  DOCUMENT,
  ElementRef,
  effect,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../core/formats';
import { Preferences } from '../core/preferences';

/** Energy of each slot, in Wh. The colour is that of the meaning, the same on every page. */
export interface Series {
  readonly name: string;
  readonly meaning: 'produced' | 'consumed' | 'traded' | 'residual' | 'forecast' | 'expected';
  readonly kind: 'bar' | 'line';
  readonly values: readonly (number | null)[];
}

type Drawing = ReturnType<(typeof import('./echarts'))['init']>;

/**
 * Energy over the slots of a day. What it shows stands in a table beside it, too, so a screen reader gets its title only.
 * The page's policy allows no inline style, so everything is drawn on a canvas, the tooltip as well.
 */
@Component({
  selector: 'app-chart',
  imports: [TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <ng-container *transloco="let t">
      @if (failed()) {
        <p>{{ t('chart.failed') }}</p>
      }
    </ng-container>
    <div #place class="place" role="img" [attr.aria-label]="title()" [hidden]="failed()"></div>
    <span #probe class="probe" aria-hidden="true"></span>
  `,
  styles: `
    :host {
      display: block;
      position: relative;
    }
    .place {
      width: 100%;
      height: 320px;
    }
    p {
      margin: 0;
      padding: 16px;
      color: var(--mat-sys-on-surface-variant);
    }
    .probe {
      position: absolute;
      visibility: hidden;
      font-family: inherit;
    }
  `,
})
export class Chart {
  readonly title = input.required<string>();
  readonly labels = input.required<readonly string[]>();
  readonly series = input.required<readonly Series[]>();

  protected readonly failed = signal(false);
  private readonly f = inject(Formats);
  private readonly preferences = inject(Preferences);
  private readonly place = viewChild.required<ElementRef<HTMLElement>>('place');
  private readonly probe = viewChild.required<ElementRef<HTMLElement>>('probe');
  private readonly drawing = signal<Drawing | null>(null);
  private readonly darkness = signal(0);

  constructor() {
    const gone = inject(DestroyRef);
    const view = inject(DOCUMENT).defaultView;
    let over = false;
    gone.onDestroy(() => (over = true));
    const dark = view?.matchMedia?.('(prefers-color-scheme: dark)');
    const changed = (): void => this.darkness.update((count) => count + 1);
    dark?.addEventListener('change', changed);
    gone.onDestroy(() => dark?.removeEventListener('change', changed));
    import('./echarts')
      .then(({ init }) => {
        if (over) {
          return;
        }
        const drawing = init(this.place().nativeElement);
        const sized = new ResizeObserver(() => drawing.resize());
        sized.observe(this.place().nativeElement);
        gone.onDestroy(() => {
          sized.disconnect();
          drawing.dispose();
        });
        this.drawing.set(drawing);
      })
      .catch(() => this.failed.set(true));
    effect(() => {
      this.preferences.scheme();
      this.darkness();
      const [drawing, labels, series] = [this.drawing(), this.labels(), this.series()];
      const energy = (wh: unknown): string => this.f.energy(typeof wh === 'number' ? wh : null);
      if (drawing !== null) {
        requestAnimationFrame(() => over || drawing.setOption(this.option(labels, series, energy), true));
      }
    });
  }

  private option(labels: readonly string[], series: readonly Series[], energy: (wh: unknown) => string) {
    const [text, line, card] = ['--mat-sys-on-surface-variant', '--app-line', '--app-card'].map((name) =>
      this.colour(name),
    );
    const font = getComputedStyle(this.probe().nativeElement).fontFamily;
    const small = { color: text, fontFamily: font, fontSize: 12 };
    return {
      animation: false,
      textStyle: { fontFamily: font },
      grid: { left: 12, right: 16, top: 64, bottom: 8, containLabel: true },
      legend: { type: 'plain', top: 8, left: 8, right: 8, textStyle: small, itemWidth: 14, itemHeight: 10 },
      tooltip: {
        trigger: 'axis',
        renderMode: 'richText',
        confine: true,
        backgroundColor: card,
        borderColor: line,
        textStyle: { color: this.colour('--mat-sys-on-surface'), fontFamily: font, fontSize: 13 },
        valueFormatter: energy,
      },
      xAxis: {
        type: 'category',
        data: [...labels],
        axisLabel: { ...small, hideOverlap: true },
        axisLine: { lineStyle: { color: line } },
        axisTick: { show: false },
      },
      yAxis: {
        type: 'value',
        axisLabel: { ...small, formatter: (wh: number) => `${this.f.number(wh / 1000)} kWh` },
        splitLine: { lineStyle: { color: line } },
      },
      series: series.map(({ name, meaning, kind, values }) => ({
        name,
        type: kind,
        data: [...values],
        color: this.colour(`--app-chart-${meaning}`),
        ...(kind === 'line'
          ? { showSymbol: values.length < 3, lineStyle: { width: 2 }, connectNulls: false }
          : { barMaxWidth: 24, barGap: '0%', itemStyle: { borderRadius: 2 } }),
      })),
    };
  }

  /** A custom property as the page shows it now, light or dark. */
  private colour(name: string): string {
    const probe = this.probe().nativeElement;
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  }
}
