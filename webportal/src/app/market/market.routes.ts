import { Routes } from '@angular/router';
import { onlyFor } from '../core/guards';
import { MarketFrame } from './market-frame';

export const marketRoutes: Routes = [
  {
    path: '',
    component: MarketFrame,
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'offers' },
      { path: 'offers', title: 'offers.title', loadComponent: () => import('./offers').then((m) => m.Offers) },
      {
        path: 'bids',
        title: 'bids.title',
        canActivate: [onlyFor('User', 'EVU')],
        loadComponent: () => import('./bids').then((m) => m.Bids),
      },
      {
        path: 'deals',
        title: 'deals.title',
        canActivate: [onlyFor('User', 'EVU')],
        loadComponent: () => import('./ways/deals').then((m) => m.Deals),
      },
      {
        path: 'passive',
        title: 'passive.title',
        canActivate: [onlyFor('User', 'EVU')],
        loadComponent: () => import('./ways/passive').then((m) => m.Passive),
      },
      {
        path: 'secondary',
        title: 'secondary.title',
        canActivate: [onlyFor('EVU')],
        loadComponent: () => import('./ways/secondary').then((m) => m.Secondary),
      },
      {
        path: 'power2x',
        title: 'power2x.title',
        canActivate: [onlyFor('EVU')],
        loadComponent: () => import('./ways/power2x').then((m) => m.Power2X),
      },
      {
        path: 'balances',
        title: 'balances.title',
        canActivate: [onlyFor('User', 'EVU')],
        loadComponent: () => import('./balances').then((m) => m.Balances),
      },
      {
        path: 'plants',
        title: 'plants.title',
        canActivate: [onlyFor('User')],
        loadComponent: () => import('./plants').then((m) => m.Plants),
      },
      {
        path: 'settlements',
        title: 'settlements.title',
        canActivate: [onlyFor('User', 'EVU')],
        loadComponent: () => import('./ways/settlements').then((m) => m.Settlements),
      },
      {
        path: 'account',
        title: 'account.title',
        canActivate: [onlyFor('User', 'EVU')],
        loadComponent: () => import('./account').then((m) => m.Account),
      },
    ],
  },
];
