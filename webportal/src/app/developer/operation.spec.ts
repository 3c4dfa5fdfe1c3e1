import { Type } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { provideRouter } from '@angular/router';
import { of, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { byText, loadTexts, texts } from '../../testing';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { BlockchainConnectorService } from '../api/blockchain-connector/api/blockchain-connector.service';
import { ForecastConnectorService } from '../api/forecast-connector/api/forecast-connector.service';
import { MastrConnectorService } from '../api/mastr-connector/api/mastr-connector.service';
import { Downloads } from '../core/download';
import { Problem } from '../core/problem';
import { Chain } from './chain';
import { actionsOf, rows } from './chain-view';
import { Data } from './data';
import { EventDialog } from './event-dialog';
import { ParticipantDialog } from './participant-dialog';

const PERSON = {
  sub: 's-1',
  username: 'seller',
  email: 'seller@example.org',
  disabled: false,
  mirrored: true,
  betreiber_mastr_nr: 'ABR900000000119',
  cls_box_ip: '127.0.1.11',
  kwh_annum: 3500,
  metering_points: [],
};
const action = (name: string, receiver: string) => ({
  account: 'tbimarket',
  name,
  receiver,
  global_sequence: 1,
  authorization: [],
  data: {},
  return_value: '',
});
const TRACE = {
  transaction_id: 'ab'.repeat(32),
  block_num: 41,
  block_time: '2026-11-28T10:00:00Z',
  actions: [action('bid', 'tbimarket'), action('logbid', 'tbimarket'), action('logbid', 'seller')],
};
const block = (number: number, transactions: readonly unknown[] = [], fork = '') => ({
  number,
  id: `${fork}${number}`,
  previous_id: `${fork}${number - 1}`,
  irreversible: false,
  producer: `tbiprod${fork || 1}`,
  time: '2026-11-28T10:00:00Z',
  transactions,
});

describe('pages of the operation', () => {
  const manager = {
    getParticipants: vi.fn(),
    postNewParticipant: vi.fn(),
    patchParticipant: vi.fn(),
    deleteParticipant: vi.fn(),
  };
  const chain = {
    getInfo: vi.fn(),
    getBlocks: vi.fn(),
    getLastActions: vi.fn(),
    getTransaction: vi.fn(),
    postTriggerEvent: vi.fn(),
  };
  const register = { getStatus: vi.fn(), getJob: vi.fn(), postInit: vi.fn(), postUpdate: vi.fn() };
  const forecasts = { getJob: vi.fn(), postUpdate: vi.fn() };
  const downloads = { save: vi.fn(() => Promise.resolve()) };
  let fixture: ComponentFixture<unknown>;
  let page: HTMLElement;

  async function open(component: Type<unknown>, data: unknown = null): Promise<void> {
    [manager, chain, register, forecasts].forEach((api) => Object.values(api).forEach((call) => call.mockReset()));
    register.getStatus.mockReturnValue(
      of({
        last_init: { at: '2026-11-28T10:00:00Z', source: 'export.zip' },
        last_update: null,
        counts: { pv: 1800 },
        quota: null,
      }),
    );
    chain.getInfo.mockReturnValue(
      of({
        chain_id: 'cd'.repeat(32),
        head_block_num: 42,
        head_block_time: '2026-11-28T10:00:00Z',
        last_irreversible_block_num: 41,
        last_irreversible_block_time: '2026-11-28T10:00:00Z',
        server_version: 'v1',
      }),
    );
    chain.getBlocks.mockReturnValue(of({ items: [block(42), block(41, [TRACE]), block(40)], next_cursor: '40' }));
    chain.getLastActions.mockReturnValue(of({ items: [], next_cursor: null, block_num: 41, oldest_block_num: 1 }));
    TestBed.configureTestingModule({
      providers: [
        texts,
        provideRouter([]),
        { provide: BackgroundManagerLogicService, useValue: manager },
        { provide: BlockchainConnectorService, useValue: chain },
        { provide: MastrConnectorService, useValue: register },
        { provide: ForecastConnectorService, useValue: forecasts },
        { provide: Downloads, useValue: downloads },
        { provide: MatDialogRef, useValue: { close: vi.fn() } },
        { provide: MAT_DIALOG_DATA, useValue: data },
      ],
    });
    await loadTexts();
    fixture = TestBed.createComponent(component);
    page = fixture.nativeElement as HTMLElement;
    await settle();
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      await fixture.whenStable();
    }
  }

  async function type(name: string, text: string): Promise<void> {
    const input = page.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
    input.value = text;
    input.dispatchEvent(new Event('input'));
    await settle();
  }

  const button = (text: string): HTMLButtonElement =>
    [...page.querySelectorAll('button')].find((each) => each.textContent?.trim() === text)!;

  async function press(text: string): Promise<void> {
    button(text).click();
    await settle();
  }

  async function submit(): Promise<void> {
    page.querySelector('form')!.dispatchEvent(new Event('submit'));
    await settle();
  }

  it('register: what is there, and an import with its outcome', async () => {
    await open(Data);
    expect(page.textContent).toContain('1.800');
    expect(button('Import starten').disabled).toBe(true);
    await type('source', 'export.zip');
    await type('postcodes', '54290, 542');
    expect(byText(page, 'Postleitzahlen haben fünf Ziffern.')).toBeDefined();
    await type('postcodes', '54290, 54292');
    register.postInit.mockReturnValue(of({ job_id: 'j' }));
    register.getJob.mockReturnValue(
      of({ job_id: 'j', status: 'finished', progress: { done: 3, total: 3, unit: 'files' }, result: { units: 2008 } }),
    );
    await submit();
    expect(register.postInit.mock.calls[0][0].payload).toEqual({
      source: 'export.zip',
      filter: { postcodes: ['54290', '54292'] },
    });
    expect(byText(page, 'fertig')).toBeDefined();
    expect(byText(page, '2.008')).toBeDefined();
    expect(register.getStatus).toHaveBeenCalledTimes(2);
  });

  it('register: a job that failed says why, and may be started again', async () => {
    await open(Data);
    register.postUpdate.mockReturnValue(of({ job_id: 'j' }));
    register.getJob.mockReturnValue(
      of({
        job_id: 'j',
        status: 'failed',
        progress: { done: 0, total: 0, unit: 'units' },
        error: 'the quota is used up',
      }),
    );
    await press('Abgleich starten');
    expect(page.querySelector('[role=alert]')?.textContent).toContain('the quota is used up');
    expect(button('Abgleich starten').disabled).toBe(false);
  });

  it('chain: the last transactions, each action once', async () => {
    await open(Chain);
    expect(page.querySelector('[data-testid=head]')?.textContent).toContain('42');
    expect(page.querySelectorAll('tbody tr')).toHaveLength(1);
    expect(page.textContent).toContain('tbimarket::bid, tbimarket::logbid');
    expect(actionsOf({ ...TRACE, actions: [] })).toBe('');
    await type('id', 'xyz');
    expect(button('Transaktion nachschlagen').disabled).toBe(true);
    chain.getTransaction.mockReturnValueOnce(throwError(() => new Problem(404)));
    await type('id', 'ef'.repeat(32));
    await submit();
    expect(page.querySelector('[role=alert]')).not.toBeNull();
  });

  it('chain: where the last blocks are empty, what happened before them', () => {
    const item = (id: string, event_id: number, name: string) => ({
      event_id,
      block_num: 30 + event_id,
      block_time: 1_795_860_000,
      transaction_id: id,
      account: 'tbimarket',
      name,
      authorization: [],
      data: {},
    });
    const history = [
      item('cd', 4, 'sweep'),
      item('ab', 3, 'logbid'),
      item('ab', 3, 'bid'),
      item(TRACE.transaction_id, 2, 'x'),
    ];
    expect(rows([TRACE], history).map((row) => [row.id, row.block, row.actions])).toEqual([
      [TRACE.transaction_id, 41, 'tbimarket::bid, tbimarket::logbid'],
      ['cd', 34, 'tbimarket::sweep'],
      ['ab', 33, 'tbimarket::bid, tbimarket::logbid'],
    ]);
  });

  it('chain: asks for what came since, and for all again when a fork undid what is shown', async () => {
    const since = () => chain.getBlocks.mock.calls.map(([query]) => query.after as unknown);
    const pageOf = (...items: unknown[]) => of({ items, next_cursor: null });
    await open(Chain);
    chain.getBlocks.mockReturnValueOnce(pageOf(block(43, [{ ...TRACE, transaction_id: 'cd'.repeat(32) }])));
    await press('Aktualisieren');
    expect(since()).toEqual([undefined, 42]);
    expect(page.querySelectorAll('tbody tr')).toHaveLength(2);
    chain.getBlocks.mockReturnValueOnce(pageOf(block(44, [], '2')));
    chain.getBlocks.mockReturnValueOnce(pageOf(block(44, [], '2'), block(43, [], '2'), block(42, [], '2')));
    await press('Aktualisieren');
    expect(since()).toEqual([undefined, 42, 43, undefined]);
    expect(page.querySelectorAll('tbody tr')).toHaveLength(0);
    expect(page.textContent).toContain('tbiprod2');
    expect(page.textContent).not.toContain('tbiprod1');
  });

  it('participants: only what is meant is changed; erased is who is disabled and meant', async () => {
    await open(ParticipantDialog, PERSON);
    await type('kwh', '4100');
    manager.patchParticipant.mockReturnValueOnce(of({ ...PERSON, kwh_annum: 4100 }));
    await submit();
    expect(manager.patchParticipant.mock.calls[0][0]).toEqual({
      sub: 's-1',
      payload: { betreiber_mastr_nr: 'ABR900000000119', cls_box_ip: '127.0.1.11', kwh_annum: 4100 },
    });
    expect(byText(page, 'seller ist geändert.')).toBeDefined();
    await press('Gespeicherte Daten herunterladen');
    expect(downloads.save).toHaveBeenCalledWith(
      '/background-manager-logic/api/v1/participant/s-1/export',
      {},
      'seller.json',
    );
    expect(button('Personenbezogene Daten löschen')).toBeUndefined();
    manager.patchParticipant.mockReturnValueOnce(of({ ...PERSON, disabled: true }));
    await press('Sperren');
    expect(manager.patchParticipant.mock.calls[1][0].payload).toEqual({ disabled: true });
    expect(button('Personenbezogene Daten löschen').disabled).toBe(true);
    page.querySelector<HTMLInputElement>('mat-checkbox input')!.click();
    await settle();
    manager.deleteParticipant.mockReturnValueOnce(of(null));
    await press('Personenbezogene Daten löschen');
    expect(byText(page, 'Die Daten von seller sind gelöscht.')).toBeDefined();
  });

  it('participants: what is wrong stands at its field', async () => {
    await open(ParticipantDialog);
    await type('username', 'new');
    await type('operator', 'ABR1');
    expect(button('Teilnehmer anlegen').disabled).toBe(true);
    await type('operator', '');
    manager.postNewParticipant.mockReturnValueOnce(
      throwError(() => new Problem(400, null, null, { cls_box_ip: 'is no box' })),
    );
    await submit();
    expect(page.textContent?.split('is no box')).toHaveLength(2);
  });

  it('event by hand: local time without an offset, optional figures only when given', async () => {
    await open(EventDialog);
    expect(button('Auslösen').disabled).toBe(true);
    await type('number', 'SEE900000000119');
    await type('day', '2026-11-28');
    await type('time', '12:15');
    chain.postTriggerEvent.mockReturnValueOnce(throwError(() => new Problem(409, 'M-EVT-02: before', 'M-EVT-02')));
    await submit();
    expect(page.querySelector('[role=alert]')).not.toBeNull();
    chain.postTriggerEvent.mockReturnValueOnce(of({ transaction_id: 'ab', block_num: 7 }));
    await submit();
    expect(chain.postTriggerEvent.mock.calls[1][0].payload).toEqual({
      account: 'tbiadmin',
      event_type: 'send_data',
      market: 'lem',
      unit_or_meter: 'SEE900000000119',
      slot_start: '2026-11-28T12:15',
    });
    expect(byText(page, 'Das Ereignis steht auf der Kette.')).toBeDefined();
  });
});
