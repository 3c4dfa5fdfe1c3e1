import { bootstrapApplication } from '@angular/platform-browser';
import { App } from './app/app';
import { appConfig } from './app/app.config';
import { applyStoredScheme } from './app/core/preferences';

applyStoredScheme(); // before anything is drawn, so that a dark page does not begin with a white flash
bootstrapApplication(App, appConfig).catch((error: unknown) => console.error(error));
