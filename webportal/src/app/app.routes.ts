import { Routes } from '@angular/router';
import { onlyFor, onlySignedOut, toHome } from './core/guards';

export const routes: Routes = [
  { path: '', pathMatch: 'full', canActivate: [toHome], children: [] },
  {
    path: 'sign-in',
    title: 'signIn.title',
    canActivate: [onlySignedOut],
    loadComponent: () => import('./sign-in/sign-in').then((m) => m.SignIn),
  },
  {
    path: 'market',
    canActivate: [onlyFor('User', 'EVU', 'Admin')],
    loadChildren: () => import('./market/market.routes').then((m) => m.marketRoutes),
  },
  {
    path: 'balancing-group',
    title: 'balancing.title',
    canActivate: [onlyFor('EVU')],
    loadComponent: () => import('./balancing-group/balancing-group').then((m) => m.BalancingGroup),
  },
  {
    path: 'operation',
    canActivate: [onlyFor('EVU')],
    loadChildren: () => import('./operation/operation.routes').then((m) => m.operationRoutes),
  },
  {
    path: 'developer',
    canActivate: [onlyFor('Admin')],
    loadChildren: () => import('./developer/developer.routes').then((m) => m.developerRoutes),
  },
  {
    path: 'security-keys',
    title: 'securityKeys.title',
    canActivate: [onlyFor('User', 'EVU', 'Admin')],
    loadComponent: () => import('./security-keys/security-keys').then((m) => m.SecurityKeys),
  },
  {
    path: 'no-access',
    title: 'noAccess.title',
    loadComponent: () => import('./shell/messages').then((m) => m.NoAccess),
  },
  { path: '**', title: 'notFound.title', loadComponent: () => import('./shell/messages').then((m) => m.NotFound) },
];
