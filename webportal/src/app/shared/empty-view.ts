import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { Icon, IconName } from './icon';

/** Nothing to show, and what to do next. The content is the way on. */
@Component({
  selector: 'app-empty',
  imports: [Icon],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <app-icon [name]="icon()" />
    <p class="title">{{ title() }}</p>
    @if (hint()) {
      <p class="hint">{{ hint() }}</p>
    }
    <ng-content />
  `,
  styles: `
    :host {
      display: flex;
      flex-direction: column;
      align-items: center;
      gap: 8px;
      padding: 40px 16px;
      text-align: center;
      color: var(--mat-sys-on-surface-variant);
    }
    app-icon {
      width: 2.5rem;
      height: 2.5rem;
      opacity: 0.7;
    }
    p {
      margin: 0;
      max-width: 46ch;
    }
    .title {
      font-weight: 600;
      color: var(--mat-sys-on-surface);
    }
  `,
})
export class EmptyView {
  readonly icon = input<IconName>('empty');
  readonly title = input.required<string>();
  readonly hint = input('');
}
