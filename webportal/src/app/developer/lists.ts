import { Observable, map } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Formats, NONE } from '../core/formats';
import { DialogName } from './dialogs';

/** `id`: by which it is removed. `cells`: its name, and a cell for each further column. */
export interface ListRow {
  readonly id: string;
  readonly cells: (f: Formats) => readonly string[];
}
export type Removal = (api: BackgroundManagerLogicService, id: string) => Observable<unknown>;

/** A list of what has been added. `columns` are keys of texts; the first is the row's name. */
export interface List {
  readonly dialog: DialogName;
  readonly columns: readonly string[];
  /** Null: it cannot be removed here. */
  readonly remove: Removal | null;
  readonly read: (api: BackgroundManagerLogicService, limit: number) => Observable<{ rows: ListRow[]; more: boolean }>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

function list<T>(
  dialog: DialogName,
  columns: readonly string[],
  read: (api: BackgroundManagerLogicService, limit: number) => Observable<Page<T>>,
  cells: (item: T, f: Formats) => readonly string[],
  idOf: (item: T) => string,
  remove: Removal | null = null,
): List {
  return {
    dialog,
    columns,
    remove,
    read: (api, limit) =>
      read(api, limit).pipe(
        map((page) => ({
          rows: page.items.map((item) => ({ id: idOf(item), cells: (f: Formats) => cells(item, f) })),
          more: page.next_cursor !== null,
        })),
      ),
  };
}

/** Columns whose cells are words of ours, and where their texts are. */
export const WORDS: Readonly<Record<string, string>> = { unitType: 'unitTypes', status: 'boxStates' };

export type ListName = 'boxes' | 'units' | 'meters' | 'accounts';

export const LISTS: Readonly<Record<ListName, List>> = {
  boxes: list(
    'box',
    ['name', 'address', 'location', 'status', 'addedAt'],
    (api, limit) => api.getBoxes({ limit }),
    (box, f) => [box.name, box.ip, box.location, box.state, f.moment(box.added_at)],
    (box) => box.ip,
    (api, ip) => api.deleteBox({ ip }),
  ),
  units: list(
    'unit',
    ['mastrNr', 'name', 'unitType', 'operator', 'box', 'markets', 'addedAt'],
    (api, limit) => api.getUnits({ limit }),
    (unit, f) => [
      unit.mastr_nr,
      unit.name ?? NONE,
      unit.unit_type ?? NONE,
      unit.marktakteur_mastr_nr,
      unit.cls_box_ip,
      unit.markets.join(', ') || NONE,
      f.moment(unit.added_at),
    ],
    (unit) => unit.mastr_nr,
    (api, mastrNr) => api.deleteUnit({ mastrNr }),
  ),
  meters: list(
    'meter',
    ['serialNr', 'box', 'kwhAnnum', 'markets', 'addedAt'],
    (api, limit) => api.getMeters({ limit }),
    (meter, f) => [
      meter.serial_number,
      meter.cls_box_ip,
      meter.kwh_annum == null ? NONE : `${f.number(meter.kwh_annum)}\u00a0kWh`,
      meter.markets.join(', ') || NONE,
      f.moment(meter.added_at),
    ],
    (meter) => meter.serial_number,
    (api, serialNumber) => api.deleteMeter({ serialNumber }),
  ),
  accounts: list(
    'account',
    ['account', 'box', 'markets', 'publicKey', 'addedAt'],
    (api, limit) => api.getAccounts({ limit }),
    (account, f) => [
      account.account_name,
      account.cls_box_ip,
      account.markets.join(', ') || NONE,
      account.public_key,
      f.moment(account.created_at),
    ],
    (account) => account.account_name,
  ),
};
