import { ChangeDetectionStrategy, Component } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { EmptyView } from '../shared/empty-view';

@Component({
  selector: 'app-not-found',
  imports: [EmptyView, MatButtonModule, RouterLink, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="page" *transloco="let t">
      <h1 class="visually-hidden">{{ t('notFound.title') }}</h1>
      <app-empty [title]="t('notFound.title')" [hint]="t('notFound.hint')">
        <a matButton="filled" routerLink="/">{{ t('notFound.home') }}</a>
      </app-empty>
    </div>
  `,
})
export class NotFound {}

/** For somebody who is signed in and belongs to no group. */
@Component({
  selector: 'app-no-access',
  imports: [EmptyView, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="page" *transloco="let t">
      <h1 class="visually-hidden">{{ t('noAccess.title') }}</h1>
      <app-empty icon="account" [title]="t('noAccess.title')" [hint]="t('noAccess.hint')" />
    </div>
  `,
})
export class NoAccess {}
