import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { Icon } from './icon';

/** That it worked. The content says what has become of it. */
@Component({
  selector: 'app-done',
  imports: [Icon],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p role="status"><app-icon name="check" />{{ title() }}</p>
    <ng-content />
  `,
  styles: `
    :host {
      display: block;
      padding-top: 4px;
    }
    p {
      display: flex;
      align-items: flex-start;
      gap: 12px;
      margin: 0 0 12px;
      padding: 12px 16px;
      border-radius: 12px;
      font-weight: 600;
      background: color-mix(in srgb, var(--app-good) 14%, transparent);
      color: color-mix(in srgb, var(--app-good) 75%, var(--mat-sys-on-surface));
    }
    app-icon {
      margin-top: 2px;
    }
  `,
})
export class DoneView {
  readonly title = input.required<string>();
}
