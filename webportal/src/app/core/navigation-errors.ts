import { inject } from '@angular/core';
import { MatSnackBar } from '@angular/material/snack-bar';
import { NavigationError } from '@angular/router';
import { TranslocoService } from '@jsverse/transloco';

const TRIED_KEY = 'tbi.reloaded-for';

/**
 * A page's code could not be fetched. With a link the portal has been replaced by a newer one, whose files have other
 * names: load it anew, once. Without a link say so.
 */
export function onNavigationError(error: NavigationError): void {
  const [snacks, transloco] = [inject(MatSnackBar), inject(TranslocoService)];
  if (navigator.onLine && sessionStorage.getItem(TRIED_KEY) !== error.url) {
    sessionStorage.setItem(TRIED_KEY, error.url);
    location.assign(error.url);
    return;
  }
  sessionStorage.removeItem(TRIED_KEY);
  snacks.open(transloco.translate('problems.0'), transloco.translate('common.close'), { duration: 10_000 });
}
