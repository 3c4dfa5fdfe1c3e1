import { Directive, ElementRef, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { RouterLinkActive } from '@angular/router';

/** The link of the page that is open is in view: on a phone not all of a row fit beside each other. */
@Directive({ selector: 'a[appInView][routerLinkActive]' })
export class InView {
  constructor() {
    const link = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    inject(RouterLinkActive)
      .isActiveChange.pipe(takeUntilDestroyed())
      .subscribe((here) => here && link.scrollIntoView?.({ inline: 'center', block: 'nearest' }));
  }
}
