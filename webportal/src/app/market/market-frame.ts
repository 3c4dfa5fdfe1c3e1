import { ChangeDetectionStrategy, Component, DestroyRef, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Group, Identity } from '../core/identity';
import { Live } from '../core/live';
import { InView } from '../shared/in-view';
import { OutbidNotice } from './outbid-notice';

const TABS: readonly { readonly path: string; readonly key: string; readonly groups: readonly Group[] }[] = [
  { path: 'offers', key: 'offers.title', groups: ['User', 'EVU', 'Admin'] },
  { path: 'bids', key: 'bids.title', groups: ['User', 'EVU'] },
  { path: 'deals', key: 'deals.title', groups: ['User', 'EVU'] },
  { path: 'passive', key: 'passive.title', groups: ['User', 'EVU'] },
  { path: 'secondary', key: 'secondary.title', groups: ['EVU'] },
  { path: 'power2x', key: 'power2x.title', groups: ['EVU'] },
  { path: 'balances', key: 'balances.title', groups: ['User', 'EVU'] },
  { path: 'plants', key: 'plants.title', groups: ['User'] },
  { path: 'settlements', key: 'settlements.title', groups: ['User', 'EVU'] },
  { path: 'account', key: 'account.title', groups: ['User', 'EVU'] },
];

/** "Lokaler Energiemarkt": its pages, and whether what they show is live. */
@Component({
  selector: 'app-market-frame',
  imports: [InView, RouterLink, RouterLinkActive, RouterOutlet, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="page" *transloco="let t">
      <div class="head">
        <h1>{{ t('market.title') }}</h1>
        <span class="live" [attr.data-state]="live.state()" role="status">
          <span class="dot"></span>{{ t('live.' + live.state()) }}
        </span>
      </div>
      @if (tabs().length > 1) {
        <nav [attr.aria-label]="t('market.title')">
          @for (tab of tabs(); track tab.path) {
            <a appInView [routerLink]="tab.path" routerLinkActive="here" ariaCurrentWhenActive="page">{{
              t(tab.key)
            }}</a>
          }
        </nav>
      }
      <router-outlet />
    </div>
  `,
  styleUrl: './market-frame.scss',
})
export class MarketFrame {
  protected readonly live = inject(Live);
  private readonly notice = inject(OutbidNotice);
  private readonly identity = inject(Identity);
  protected readonly tabs = computed(() =>
    TABS.filter((tab) => this.identity.groups().some((group) => tab.groups.includes(group))),
  );

  constructor() {
    if (this.identity.groups().some((group) => group !== 'Admin')) {
      this.notice.watch(inject(DestroyRef));
    }
  }
}
