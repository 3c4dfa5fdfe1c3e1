import { Routes } from '@angular/router';
import { OperationFrame } from './operation-frame';

export const operationRoutes: Routes = [
  {
    path: '',
    component: OperationFrame,
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'rules' },
      { path: 'rules', title: 'marketRules.title', loadComponent: () => import('./rules').then((m) => m.Rules) },
      { path: 'stuck', title: 'stuck.title', loadComponent: () => import('./stuck').then((m) => m.Stuck) },
    ],
  },
];
