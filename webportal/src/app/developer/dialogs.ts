import { Injectable, Type, inject } from '@angular/core';
import { MatDialog } from '@angular/material/dialog';
import { firstValueFrom } from 'rxjs';

export type DialogName = 'box' | 'unit' | 'meter' | 'account' | 'marketUnit' | 'event';

const DIALOGS: Readonly<Record<DialogName, () => Promise<Type<unknown>>>> = {
  box: () => import('./box-dialog').then((m) => m.BoxDialog),
  unit: () => import('./unit-dialog').then((m) => m.UnitDialog),
  meter: () => import('./meter-dialog').then((m) => m.MeterDialog),
  account: () => import('./account-dialog').then((m) => m.AccountDialog),
  event: () => import('./event-dialog').then((m) => m.EventDialog),
  marketUnit: () => import('../market/market-unit-dialog').then((m) => m.MarketUnitDialog),
};

/** The dialogs of the "Background-Manager-Logic"; each is loaded when it is opened. */
@Injectable({ providedIn: 'root' })
export class RegistrationDialogs {
  private readonly dialogs = inject(MatDialog);

  /** Until it is closed. */
  async open(name: DialogName): Promise<void> {
    const component = await DIALOGS[name]();
    await firstValueFrom(
      this.dialogs.open(component, { width: '640px', maxWidth: '100vw', autoFocus: 'first-tabbable' }).afterClosed(),
      { defaultValue: undefined },
    );
  }
}
