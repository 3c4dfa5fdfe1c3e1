import { HttpErrorResponse, HttpInterceptorFn, HttpRequest } from '@angular/common/http';
import { inject } from '@angular/core';
import { catchError, from, switchMap, throwError } from 'rxjs';
import { Identity } from './identity';
import { toProblem } from './problem';
import { Session } from './session';

/** Only calls to the installation's own services carry the token. */
function isApiCall(request: HttpRequest<unknown>): boolean {
  return request.url.startsWith('/') && !request.url.startsWith('//') && request.url.includes('/api/v1/');
}

/** Attaches the access token. A 401 is answered once with a fresh one; if that does not help, with the sign-in page. */
export const tokenInterceptor: HttpInterceptorFn = (request, next) => {
  if (!isApiCall(request)) {
    return next(request);
  }
  const identity = inject(Identity);
  const session = inject(Session);
  const withToken = (token: string | null): HttpRequest<unknown> =>
    token === null ? request : request.clone({ setHeaders: { Authorization: `Bearer ${token}` } });
  return from(identity.token()).pipe(
    switchMap((token) => next(withToken(token))),
    catchError((error: unknown) => {
      if (!isUnauthorized(error)) {
        return throwError(() => error);
      }
      return from(identity.token(true)).pipe(
        switchMap((token) => (token === null ? throwError(() => error) : next(withToken(token)))),
        catchError((again: unknown) => {
          if (isUnauthorized(again)) {
            void session.expired();
          }
          return throwError(() => again);
        }),
      );
    }),
  );
};

/** Every failed call ends as a Problem. */
export const problemInterceptor: HttpInterceptorFn = (request, next) =>
  next(request).pipe(catchError((error: unknown) => throwError(() => toProblem(error))));

function isUnauthorized(error: unknown): boolean {
  return error instanceof HttpErrorResponse && error.status === 401;
}
