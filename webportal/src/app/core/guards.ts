import { inject } from '@angular/core';
import { CanActivateFn, Router } from '@angular/router';
import { Group, Identity } from './identity';
import { homeOf } from './session';

/** Only for members of one of the groups. The services decide what is allowed; this decides what is shown. */
export function onlyFor(...groups: readonly Group[]): CanActivateFn {
  return (_, state) => {
    const identity = inject(Identity);
    const router = inject(Router);
    if (identity.person() === null) {
      return router.createUrlTree(['/sign-in'], { queryParams: state.url === '/' ? {} : { next: state.url } });
    }
    return identity.groups().some((group) => groups.includes(group)) || router.parseUrl(homeOf(identity.groups()));
  };
}

/** The empty path: to the page on which this person begins. */
export const toHome: CanActivateFn = () => {
  const identity = inject(Identity);
  return inject(Router).parseUrl(identity.person() === null ? '/sign-in' : homeOf(identity.groups()));
};

/** The sign-in page: not for who is signed in. */
export const onlySignedOut: CanActivateFn = () => {
  const identity = inject(Identity);
  return identity.person() === null || inject(Router).parseUrl(homeOf(identity.groups()));
};
