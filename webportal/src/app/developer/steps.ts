import { ChangeDetectorRef } from '@angular/core';
import { MatStepper } from '@angular/material/stepper';

/** To the next step, once the page knows that the one before is complete. */
export function goOn(stepper: MatStepper, page: ChangeDetectorRef): void {
  page.detectChanges();
  stepper.next();
}
