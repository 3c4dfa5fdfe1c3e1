import { DOCUMENT, Injectable, effect, inject, signal } from '@angular/core';
import { TranslocoService } from '@jsverse/transloco';

export const LANGUAGES = ['de', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export const SCHEMES = ['system', 'light', 'dark'] as const;
export type Scheme = (typeof SCHEMES)[number];

const LANGUAGE_KEY = 'tbi.language';
const SCHEME_KEY = 'tbi.scheme';

/** The language and colours that this browser's user chose. */
@Injectable({ providedIn: 'root' })
export class Preferences {
  readonly language = signal<Language>(storedLanguage());
  readonly scheme = signal<Scheme>(storedScheme());

  private readonly transloco = inject(TranslocoService);
  private readonly document = inject(DOCUMENT);

  constructor() {
    effect(() => {
      const language = this.language();
      store(LANGUAGE_KEY, language);
      this.document.documentElement.lang = language;
      this.transloco.setActiveLang(language);
    });
    effect(() => {
      store(SCHEME_KEY, this.scheme());
      applyScheme(this.scheme());
    });
  }
}

export function storedLanguage(): Language {
  const stored = read(LANGUAGE_KEY);
  return LANGUAGES.find((language) => language === stored) ?? 'de';
}

function storedScheme(): Scheme {
  const stored = read(SCHEME_KEY);
  return SCHEMES.find((scheme) => scheme === stored) ?? 'system';
}

export function applyStoredScheme(): void {
  applyScheme(storedScheme());
}

function applyScheme(scheme: Scheme): void {
  document.documentElement.dataset['scheme'] = scheme;
}

// A browser may forbid storage: the choice then lives as long as the page.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
