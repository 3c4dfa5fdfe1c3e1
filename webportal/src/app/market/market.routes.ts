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
        path: 'account',
        title: 'account.title',
        canActivate: [onlyFor('User', 'EVU')],
        loadComponent: () => import('./account').then((m) => m.Account),
      },
    ],
  },
];
