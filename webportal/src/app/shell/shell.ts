import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink, RouterLinkActive } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Group, Identity } from '../core/identity';
import { Live } from '../core/live';
import { LANGUAGES, Preferences, SCHEMES } from '../core/preferences';
import { Session } from '../core/session';
import { Icon } from '../shared/icon';
import { InView } from '../shared/in-view';

const PAGES: readonly { readonly path: string; readonly key: string; readonly groups: readonly Group[] }[] = [
  { path: '/balancing-group', key: 'nav.balancing', groups: ['EVU'] },
  { path: '/operation', key: 'nav.operation', groups: ['EVU'] },
  { path: '/developer', key: 'nav.developer', groups: ['Admin'] },
  { path: '/market', key: 'nav.market', groups: ['User', 'EVU', 'Admin'] },
];

/** The frame around every page: name, pages, language, colours, user. */
@Component({
  selector: 'app-shell',
  imports: [Icon, InView, MatButtonModule, MatMenuModule, RouterLink, RouterLinkActive, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './shell.html',
  styleUrl: './shell.scss',
})
export class Shell {
  protected readonly identity = inject(Identity);
  protected readonly preferences = inject(Preferences);
  protected readonly session = inject(Session);
  protected readonly live = inject(Live);
  protected readonly languages = LANGUAGES;
  protected readonly schemes = SCHEMES;
  protected readonly pages = computed(() =>
    PAGES.filter((page) => this.identity.groups().some((group) => page.groups.includes(group))),
  );
}
