import { ChangeDetectionStrategy, Component, input } from '@angular/core';

export type Tone = 'good' | 'busy' | 'calm' | 'warn' | 'bad';

/** A state in a word. The colour repeats what the word says. */
@Component({
  selector: 'app-chip',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { '[attr.data-tone]': 'tone()' },
  template: `<span class="dot"></span><ng-content />`,
  styles: `
    :host {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      padding: 2px 10px 2px 8px;
      border-radius: 999px;
      font-size: 0.8125rem;
      font-weight: 500;
      line-height: 1.5;
      white-space: nowrap;
      background: color-mix(in srgb, var(--tone) 14%, transparent);
      color: color-mix(in srgb, var(--tone) 70%, var(--mat-sys-on-surface));
      --tone: var(--mat-sys-outline);
    }
    .dot {
      width: 8px;
      height: 8px;
      border-radius: 50%;
      background: var(--tone);
    }
    :host([data-tone='good']) {
      --tone: var(--app-good);
    }
    :host([data-tone='busy']) {
      --tone: var(--mat-sys-primary);
    }
    :host([data-tone='warn']) {
      --tone: var(--app-warn);
    }
    :host([data-tone='bad']) {
      --tone: var(--mat-sys-error);
    }
  `,
})
export class Chip {
  readonly tone = input<Tone>('calm');
}
