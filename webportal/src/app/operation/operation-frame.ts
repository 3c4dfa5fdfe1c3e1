import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';

const TABS = [
  { path: 'rules', key: 'marketRules.title' },
  { path: 'stuck', key: 'stuck.title' },
] as const;

/** What the EVU looks after: the market's prices and rules, and what does not go on by itself. */
@Component({
  selector: 'app-operation-frame',
  imports: [RouterLink, RouterLinkActive, RouterOutlet, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="page" *transloco="let t">
      <h1>{{ t('operation.title') }}</h1>
      <nav [attr.aria-label]="t('operation.title')">
        @for (tab of tabs; track tab.path) {
          <a [routerLink]="tab.path" routerLinkActive="here" ariaCurrentWhenActive="page">{{ t(tab.key) }}</a>
        }
      </nav>
      <router-outlet />
    </div>
  `,
  styleUrl: '../market/market-frame.scss',
})
export class OperationFrame {
  protected readonly tabs = TABS;
}
