import { Type } from '@angular/core';
import { MatDialog } from '@angular/material/dialog';
import { firstValueFrom } from 'rxjs';

/** A dialog as the portal shows them; until it is closed. */
export async function opened(dialogs: MatDialog, component: Type<unknown>, data: unknown = null): Promise<void> {
  const shown = dialogs.open(component, { data, width: '640px', maxWidth: '100vw', autoFocus: 'first-tabbable' });
  await firstValueFrom(shown.afterClosed(), { defaultValue: undefined });
}
