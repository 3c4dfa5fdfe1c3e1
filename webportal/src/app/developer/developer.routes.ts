import { Routes } from '@angular/router';

const list = (path: string) => ({
  path,
  title: `lists.${path}.title`,
  data: { list: path },
  loadComponent: () => import('./registration-list').then((m) => m.RegistrationList),
});

export const developerRoutes: Routes = [
  { path: '', title: 'developer.title', loadComponent: () => import('./dashboard').then((m) => m.Dashboard) },
  ...['boxes', 'units', 'meters', 'accounts'].map(list),
];
