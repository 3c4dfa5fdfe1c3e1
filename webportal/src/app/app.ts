import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { MatButtonModule } from '@angular/material/button';
import { ConfigService } from './core/config';
import { Preferences } from './core/preferences';
import { EmptyView } from './shared/empty-view';
import { Shell } from './shell/shell';

@Component({
  selector: 'app-root',
  imports: [EmptyView, MatButtonModule, RouterOutlet, Shell, TranslocoDirective],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <app-shell>
      @if (config.state() === 'ready') {
        <router-outlet />
      } @else if (config.state() !== 'loading') {
        <div class="page" role="alert" *transloco="let t">
          <app-empty
            icon="offline"
            [title]="t('config.' + config.state() + '.title')"
            [hint]="t('config.' + config.state() + '.hint')"
          >
            <button matButton="filled" type="button" (click)="again()">{{ t('common.retry') }}</button>
          </app-empty>
        </div>
      }
    </app-shell>
  `,
})
export class App {
  protected readonly config = inject(ConfigService);
  protected readonly preferences = inject(Preferences);

  protected again(): void {
    location.reload();
  }
}
