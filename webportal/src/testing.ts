import { EnvironmentProviders, Provider } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { TranslocoService, provideTransloco } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { LANGUAGES } from './app/core/preferences';
import { Texts } from './app/core/translation';

/** What every component needs in a test: the real texts. */
export const texts: EnvironmentProviders[] | Provider[] = provideTransloco({
  config: { availableLangs: [...LANGUAGES], defaultLang: 'de', reRenderOnLangChange: true },
  loader: Texts,
});

/** After TestBed is configured: the German texts are there. */
export async function loadTexts(): Promise<void> {
  localStorage.clear();
  const transloco = TestBed.inject(TranslocoService);
  await firstValueFrom(transloco.load('de'));
  transloco.setActiveLang('de');
}

/** An element by its text, the innermost one. */
export function byText(root: Element, text: string): HTMLElement | undefined {
  return [...root.querySelectorAll<HTMLElement>('*')].filter((element) => element.textContent?.trim() === text).at(-1);
}
