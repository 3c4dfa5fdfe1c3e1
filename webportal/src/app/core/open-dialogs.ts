import { Injector } from '@angular/core';
import { MatDialog } from '@angular/material/dialog';

/** A chunk of its own: the sign-in page has no dialogs. */
export function closeAll(injector: Injector): void {
  injector.get(MatDialog).closeAll();
}
