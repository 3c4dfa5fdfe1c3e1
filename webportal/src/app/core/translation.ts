import { Injectable, inject } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { RouterStateSnapshot, TitleStrategy } from '@angular/router';
import { Translation, TranslocoLoader, TranslocoService } from '@jsverse/transloco';

/** Each language is a chunk of its own, loaded when it is chosen. */
@Injectable({ providedIn: 'root' })
export class Texts implements TranslocoLoader {
  async getTranslation(language: string): Promise<Translation> {
    const file = language === 'en' ? await import('../../i18n/en.json') : await import('../../i18n/de.json');
    return file.default;
  }
}

/** A route's `title` is a key; the page's title follows the language. */
@Injectable({ providedIn: 'root' })
export class TranslatedTitle extends TitleStrategy {
  private readonly title = inject(Title);
  private readonly transloco = inject(TranslocoService);
  private key = '';

  constructor() {
    super();
    this.transloco.langChanges$.subscribe(() => this.show());
    this.transloco.events$.subscribe(() => this.show());
  }

  override updateTitle(snapshot: RouterStateSnapshot): void {
    this.key = this.buildTitle(snapshot) ?? '';
    this.show();
  }

  private show(): void {
    const text = this.key ? this.transloco.translate<string>(this.key) : '';
    this.title.setTitle(text && text !== this.key ? `${text} – tbiEnergy` : 'tbiEnergy');
  }
}
