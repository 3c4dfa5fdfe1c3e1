import { Type } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { of, throwError } from 'rxjs';
import { vi } from 'vitest';
import { byText, loadTexts, texts } from '../../testing';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Problem } from '../core/problem';
import { MarketUnitDialog } from '../market/market-unit-dialog';
import { AccountDialog } from './account-dialog';
import { BoxDialog } from './box-dialog';
import { MeterDialog } from './meter-dialog';
import { UnitDialog } from './unit-dialog';

const BOXES = [
  { ip: '10.8.0.14', name: 'newcomer', location: 'Trier, Haus 14', added_at: '2026-11-28T10:00:00Z', state: 'in_use' },
  { ip: '10.8.0.13', name: 'gone', location: 'Trier, Haus 13', added_at: '2026-11-28T10:00:00Z', state: 'retired' },
  { ip: '10.8.0.15', name: 'other', location: 'Trier, Haus 15', added_at: '2026-11-28T10:00:00Z', state: 'in_use' },
];
const UNIT = { mastr_nr: 'SEE900000000149', name: 'Dach', reachable: true };
const AWAY = { mastr_nr: 'SEE900000000157', name: 'Feld', reachable: false, reason: 'no such component' };

describe('dialogs of the Background-Manager-Logic', () => {
  const api = {
    getBoxes: vi.fn(() => of({ items: BOXES, next_cursor: null })),
    getUnits: vi.fn(),
    getAddableUnits: vi.fn(),
    postNewBox: vi.fn(),
    postNewUnit: vi.fn(),
    postNewMeter: vi.fn(),
    postNewAccount: vi.fn(),
    postNewMarketUnit: vi.fn(),
  };
  let page: HTMLElement;
  let fixture: ComponentFixture<unknown>;

  async function open(component: Type<unknown>): Promise<void> {
    Object.values(api).forEach((call) => call.mockClear());
    TestBed.configureTestingModule({
      providers: [
        texts,
        { provide: BackgroundManagerLogicService, useValue: api },
        { provide: MatDialogRef, useValue: { close: vi.fn() } },
        { provide: MAT_DIALOG_DATA, useValue: null },
      ],
    });
    await loadTexts();
    fixture = TestBed.createComponent(component);
    page = fixture.nativeElement as HTMLElement;
    await fixture.whenStable();
  }

  async function type(name: string, text: string): Promise<void> {
    const input = page.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
    input.value = text;
    input.dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  const buttons = (text: string): HTMLButtonElement[] =>
    [...page.querySelectorAll('button')].filter((button) => button.textContent?.trim() === text);

  async function press(text: string): Promise<void> {
    buttons(text)
      .find((button) => !button.disabled)!
      .click();
    await fixture.whenStable();
  }

  async function choose(text: string): Promise<void> {
    const radio = [...page.querySelectorAll('mat-radio-button')].find((each) => each.textContent?.includes(text))!;
    radio.querySelector('input')!.click();
    await fixture.whenStable();
  }

  const send = async (): Promise<void> => {
    page.querySelector('form')!.dispatchEvent(new Event('submit'));
    await fixture.whenStable();
  };

  it('CLS-Box: a silent box loses nothing, and the same order has the same key', async () => {
    await open(BoxDialog);
    expect(buttons('CLS-Box hinzufügen')[0].disabled).toBe(true);
    await type('ip', ' 10.8.0.14 ');
    await type('name', 'newcomer');
    await type('location', 'Trier');
    api.postNewBox.mockReturnValueOnce(throwError(() => new Problem(504, 'no answer')));
    await send();
    expect(page.querySelector('[role=alert]')?.textContent).toContain('Die Box antwortet nicht.');
    expect(page.querySelector<HTMLInputElement>('input[name=location]')?.value).toBe('Trier');
    api.postNewBox.mockReturnValueOnce(of({ ...BOXES[0] }));
    await send();
    const [first, second] = api.postNewBox.mock.calls.map(([call]) => call);
    expect(first.payload).toEqual({ ip: '10.8.0.14', name: 'newcomer', location: 'Trier' });
    expect(second.idempotencyKey).toBe(first.idempotencyKey);
    expect(byText(page, 'Die CLS-Box „newcomer“ ist erreichbar und hinzugefügt.')).toBeDefined();
  });

  it('CLS-Box: what is wrong with a field stands at the field, once', async () => {
    await open(BoxDialog);
    for (const name of ['ip', 'name', 'location']) {
      await type(name, 'x');
    }
    api.postNewBox.mockReturnValueOnce(throwError(() => new Problem(400, null, null, { ip: 'must be an address' })));
    await send();
    expect(page.querySelector('mat-hint')?.textContent).toContain('must be an address');
    expect(page.textContent?.split('must be an address')).toHaveLength(2);
  });

  it('Einheit: box, operator, unit, confirmation', async () => {
    await open(UnitDialog);
    expect(page.querySelectorAll('mat-radio-button')).toHaveLength(2); // not the box that is retired
    await type('search', 'haus 14');
    expect(page.querySelectorAll('mat-radio-button')).toHaveLength(1);
    await choose('newcomer');
    await press('CLS-Box auswählen');
    await type('operator', 'abr900000000149');
    api.getAddableUnits.mockReturnValueOnce(throwError(() => new Problem(404)));
    await press('Marktakteursnummer übergeben');
    expect(byText(page, 'Diesen Marktakteur kennt das Register nicht.')).toBeDefined();
    api.getAddableUnits.mockReturnValueOnce(of({ items: [UNIT, AWAY], next_cursor: null }));
    await press('Marktakteursnummer übergeben');
    expect(api.getAddableUnits).toHaveBeenLastCalledWith({ mastrNr: 'ABR900000000149', clsBoxIp: '10.8.0.14' });
    const away = [...page.querySelectorAll('mat-radio-button')].find((each) => each.textContent?.includes('Feld'));
    expect(away?.textContent).toContain('no such component');
    expect(away?.querySelector('input')?.disabled).toBe(true);
    await press('Einheit auswählen'); // the only one that can be reached is chosen already
    api.postNewUnit.mockReturnValueOnce(of({ ...UNIT, cls_box_ip: '10.8.0.14', markets: [] }));
    await press('Einheit hinzufügen');
    expect(api.postNewUnit.mock.calls[0][0].payload).toEqual({
      unit_mastr_nr: UNIT.mastr_nr,
      cls_box_ip: '10.8.0.14',
      marktakteur_mastr_nr: 'ABR900000000149',
    });
    expect(byText(page, 'Die Einheit ist hinzugefügt.')).toBeDefined();
  });

  it('Meter: the yearly consumption may be left out', async () => {
    await open(MeterDialog);
    await choose('other');
    await press('CLS-Box auswählen');
    await type('serial', '1TBI 14');
    expect(buttons('Seriennummer übergeben')[0].disabled).toBe(true);
    await type('serial', '1TBI14');
    await press('Seriennummer übergeben');
    api.postNewMeter.mockReturnValueOnce(of({ serial_number: '1TBI14', cls_box_ip: '10.8.0.15', markets: [] }));
    await press('Meter hinzufügen');
    expect(api.postNewMeter.mock.calls[0][0].payload).toEqual({ serial_number: '1TBI14', cls_box_ip: '10.8.0.15' });
    expect(byText(page, 'Das Meter ist hinzugefügt.')).toBeDefined();
  });

  it('EOS Account: suggests a pseudonym, and shows the key afterwards', async () => {
    await open(AccountDialog);
    const name = page.querySelector<HTMLInputElement>('input[name=name]')!;
    expect(name.value).toMatch(/^[a-z][a-z1-5]{11}$/);
    await choose('newcomer');
    const made = { account_name: name.value, cls_box_ip: '10.8.0.14', public_key: 'PUB_R1_x', points: [] };
    api.postNewAccount.mockReturnValueOnce(of(made));
    await send();
    expect(api.postNewAccount.mock.calls[0][0].payload).toEqual({
      account_name: made.account_name,
      cls_box_ip: '10.8.0.14',
    });
    expect(byText(page, 'PUB_R1_x')).toBeDefined();
  });

  it('Einheit am Markt: those that are registered cannot be chosen', async () => {
    api.getUnits.mockReturnValue(
      of({
        items: [
          { ...AWAY, markets: ['lem'] },
          { ...UNIT, markets: [] },
        ],
        next_cursor: null,
      }),
    );
    await open(MarketUnitDialog);
    const shown = [...page.querySelectorAll('mat-radio-button')];
    expect(shown.map((each) => each.querySelector('input')?.disabled)).toEqual([false, true]);
    await choose('Dach');
    api.postNewMarketUnit.mockReturnValueOnce(
      of({ unit_mastr_nr: UNIT.mastr_nr, account: 'abc', block_num: 7, market: 'lem' }),
    );
    await press('Einheit registrieren');
    expect(api.postNewMarketUnit.mock.calls[0][0].payload).toEqual({ unit_mastr_nr: UNIT.mastr_nr });
    expect(byText(page, 'Die Einheit ist auf dem lokalen Energiemarkt registriert.')).toBeDefined();
  });
});
