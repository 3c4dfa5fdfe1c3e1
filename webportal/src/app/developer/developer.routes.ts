import { Routes } from '@angular/router';

const list = (path: string) => ({
  path,
  title: `lists.${path}.title`,
  data: { list: path },
  loadComponent: () => import('./registration-list').then((m) => m.RegistrationList),
});

export const developerRoutes: Routes = [
  { path: '', title: 'developer.title', loadComponent: () => import('./dashboard').then((m) => m.Dashboard) },
  {
    path: 'participants',
    title: 'participants.title',
    loadComponent: () => import('./participants').then((m) => m.Participants),
  },
  { path: 'data', title: 'data.title', loadComponent: () => import('./data').then((m) => m.Data) },
  { path: 'audit', title: 'audit.title', loadComponent: () => import('./audit').then((m) => m.Audit) },
  { path: 'accesses', title: 'accesses.title', loadComponent: () => import('./accesses').then((m) => m.Accesses) },
  { path: 'chain', title: 'chain.title', loadComponent: () => import('./chain').then((m) => m.Chain) },
  ...['boxes', 'units', 'meters', 'accounts'].map(list),
];
