import { provideHttpClient, withFetch, withInterceptors } from '@angular/common/http';
import {
  ApplicationConfig,
  inject,
  isDevMode,
  provideAppInitializer,
  provideBrowserGlobalErrorListeners,
} from '@angular/core';
import {
  TitleStrategy,
  provideRouter,
  withComponentInputBinding,
  withInMemoryScrolling,
  withNavigationErrorHandler,
} from '@angular/router';
import { TranslocoService, provideTransloco } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { provideApi as provideBackgroundManager } from './api/background-manager-logic/provide-api';
import { provideApi as provideChain } from './api/blockchain-connector/provide-api';
import { provideApi as provideForecasts } from './api/forecast-connector/provide-api';
import { provideApi as provideRegister } from './api/mastr-connector/provide-api';
import { routes } from './app.routes';
import { ConfigService } from './core/config';
import { Identity } from './core/identity';
import { problemInterceptor, tokenInterceptor } from './core/interceptors';
import { onNavigationError } from './core/navigation-errors';
import { LANGUAGES, storedLanguage } from './core/preferences';
import { Texts, TranslatedTitle } from './core/translation';

export const appConfig: ApplicationConfig = {
  providers: [
    provideBrowserGlobalErrorListeners(),
    provideRouter(
      routes,
      withComponentInputBinding(),
      withNavigationErrorHandler(onNavigationError),
      withInMemoryScrolling({ scrollPositionRestoration: 'enabled' }),
    ),
    provideHttpClient(withFetch(), withInterceptors([problemInterceptor, tokenInterceptor])),
    provideBackgroundManager('/background-manager-logic'),
    provideForecasts('/forecast-connector'),
    provideRegister('/mastr-connector'),
    provideChain('/blockchain-connector'),
    provideTransloco({
      config: {
        availableLangs: [...LANGUAGES],
        defaultLang: storedLanguage(),
        reRenderOnLangChange: true,
        prodMode: !isDevMode(),
      },
      loader: Texts,
    }),
    { provide: TitleStrategy, useExisting: TranslatedTitle },
    provideAppInitializer(async () => {
      const [config, identity, transloco] = [inject(ConfigService), inject(Identity), inject(TranslocoService)];
      const texts = firstValueFrom(transloco.load(storedLanguage())).catch(() => undefined);
      await config.load();
      await Promise.all([texts, identity.restore()]);
    }),
  ],
};
