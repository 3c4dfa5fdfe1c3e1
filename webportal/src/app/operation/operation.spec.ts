import { Type, signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { provideRouter } from '@angular/router';
import { of } from 'rxjs';
import { vi } from 'vitest';
import { byText, loadTexts, texts } from '../../testing';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { dayAfter, dayBounds, shiftDay } from '../core/days';
import { Identity } from '../core/identity';
import { Accesses } from '../developer/accesses';
import { Audit } from '../developer/audit';
import { Settlements } from '../market/ways/settlements';
import { Confirmation, Question } from '../shared/confirmation';
import { ParametersDialog } from './parameters-dialog';
import { PricesDialog } from './prices-dialog';
import { Rules } from './rules';
import { Stuck } from './stuck';

const HORIZON_S = 7 * 86_400;
const ROW = {
  from_slot: null,
  lead_s: 300,
  extend_s: 60,
  settle_gap_s: 30,
  deadline_s: 86_400,
  retain_s: 604_800,
  tick_ct_per_kwh: '0.1000',
  min_price_ct_per_kwh: '0.0000',
  max_price_ct_per_kwh: '100.0000',
  max_offers: 4,
  max_bids: 64,
  credit_line_eur: '1000.000000',
};
const PRICES = { from_slot: null, evu_buy_ct_per_kwh: '8.0000', evu_sell_ct_per_kwh: '32.5000' };
const PROPOSAL = {
  name: 'prices1',
  proposer: 'tbievu',
  status: 'open',
  changes: [
    { kind: 'prices', action: 'tbimarket::setprices', market: 'lem', parameters: null, prices: PRICES, text: null },
  ],
  approvals: [
    { governor: 'governora', approved_at: '2026-11-28T10:00:00Z' },
    { governor: 'governorb', approved_at: null },
  ],
  needed: 2,
  expires_at: '2026-12-05T10:00:00Z',
  proposed_at: '2026-11-28T09:00:00Z',
  proposed_by: 'evu',
  ended_at: null,
  hash: 'ab',
  transaction_id: null,
};
const ABOUT = { market: 'lem', slot_s: 900, horizon_s: HORIZON_S, proposals: [] };
const STUCK = {
  id: 'settle.lem.7',
  kind: 'unfunded_settlement',
  cause: '',
  repair: '',
  since: '2026-11-28T10:00:00Z',
  market: 'lem',
  offer_id: 7,
  point_id: 1,
  slot_start: '2026-11-28T09:00:00Z',
  eos_account: 'sellersells1',
  amount_eur: '0.500000',
  energy_wh: 1500,
  missing_eur: '12.500000',
  detail: null,
  rule: 'M-LED-04',
};
const AUDIT = {
  audit_id: 'a-1',
  status: 'finished',
  begun_at: '2026-11-28T09:00:00Z',
  ended_at: '2026-11-28T09:01:00Z',
  begun_by: 'admin',
  equal: true,
  blocks: 1234,
  seconds: 60,
  counts: { offers: 3 },
  divergence: null,
  error: null,
  done_blocks: 1234,
  total_blocks: 1234,
};

describe('operation of the market', () => {
  const api = {
    getMarketPrices: vi.fn(() => of({ ...ABOUT, holds: PRICES, coming: [], items: [PRICES] })),
    getParameters: vi.fn(() =>
      of({ ...ABOUT, holds: ROW, coming: [{ ...ROW, from_slot: '2026-12-07T23:00:00Z', max_bids: 32 }], items: [ROW] }),
    ),
    getMarketProposals: vi.fn(() => of({ items: [PROPOSAL], next_cursor: null })),
    deleteMarketProposal: vi.fn(() => of(PROPOSAL)),
    putMarketPrices: vi.fn(() => of(PROPOSAL)),
    putParameters: vi.fn(() => of(PROPOSAL)),
    getStuckItems: vi.fn(),
    postStuckRepair: vi.fn(),
    getAudit: vi.fn(),
    getAudits: vi.fn(() => of({ items: [AUDIT], next_cursor: null })),
    postAudit: vi.fn(() => of(AUDIT)),
    getAccessLogRecords: vi.fn(),
    getSettlements: vi.fn(),
    postNewSettlement: vi.fn(),
  };
  const ask = vi.fn((_question: Question) => Promise.resolve());
  let fixture: ComponentFixture<unknown>;
  let page: HTMLElement;

  async function open(component: Type<unknown>, data: unknown = null, group = 'EVU'): Promise<void> {
    Object.values(api).forEach((call) => call.mockClear());
    TestBed.configureTestingModule({
      providers: [
        texts,
        provideRouter([]),
        { provide: BackgroundManagerLogicService, useValue: api },
        { provide: Identity, useValue: { groups: signal([group]) } },
        { provide: Confirmation, useValue: { ask } },
        { provide: MatDialogRef, useValue: { close: vi.fn() } },
        { provide: MAT_DIALOG_DATA, useValue: data },
      ],
    });
    await loadTexts();
    fixture = TestBed.createComponent(component);
    page = fixture.nativeElement as HTMLElement;
    await fixture.whenStable();
  }

  async function press(text: string): Promise<void> {
    byText(page, text)!.closest('button')!.click();
    await fixture.whenStable();
  }

  async function type(name: string, text: string): Promise<void> {
    const input = page.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
    input.value = text;
    input.dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  async function send(): Promise<void> {
    page.querySelector('form')!.dispatchEvent(new Event('submit'));
    await fixture.whenStable();
  }

  it('says what holds, what is coming, and who has approved', async () => {
    await open(Rules);
    expect(page.querySelector('[data-testid=evu-buy]')?.textContent).toBe('8,00\u00a0ct/kWh');
    expect(page.textContent).toContain('Gebote je Teilnehmer: 32');
    expect(page.textContent).toContain('1 von 2 nötigen Zustimmungen');
    expect(page.textContent).toContain('governorb hat noch nicht zugestimmt');
    await press('Zurücknehmen');
    ask.mock.calls[0][0].run('k');
    expect(api.deleteMarketProposal).toHaveBeenCalledWith({ name: 'prices1' });
  });

  it('prices: never bought for more than sold, and from a day that nobody trades yet', async () => {
    await open(PricesDialog, { ...ABOUT, holds: PRICES });
    const earliest = dayAfter(new Date(Date.now() + HORIZON_S * 1000));
    await type('buy', '33');
    expect(page.querySelector('[role=alert]')?.textContent).toBe('Der Verkauf darf nicht unter dem Ankauf liegen.');
    await send();
    await type('buy', '9,25');
    await type('from', shiftDay(earliest, -1));
    await send();
    expect(api.putMarketPrices).not.toHaveBeenCalled();
    await type('from', earliest);
    await send();
    expect(api.putMarketPrices).toHaveBeenCalledWith({
      payload: {
        evu_buy_ct_per_kwh: '9.25',
        evu_sell_ct_per_kwh: '32.5',
        from_slot: dayBounds(earliest).from.toISOString(),
      },
    });
    expect(page.textContent).toContain('Der Vorschlag „prices1“ liegt den Verantwortlichen vor.');
  });

  it('parameters: what does not fit together stands at its field', async () => {
    await open(ParametersDialog, { ...ABOUT, holds: ROW });
    await type('settle_gap_s', '301');
    expect(page.querySelector('[role=alert]')?.textContent).toBe('Nicht mehr als der Handelsschluss vor Beginn.');
    await send();
    expect(api.putParameters).not.toHaveBeenCalled();
    await type('settle_gap_s', '60');
    await send();
    const [{ payload }] = api.putParameters.mock.calls[0] as unknown as [{ payload: object }];
    expect(payload).toMatchObject({ settle_gap_s: 60, tick_ct_per_kwh: '0.1', credit_line_eur: '1000', max_bids: 64 });
  });

  it('what is stuck: what is missing, and what the repair has come to', async () => {
    api.getStuckItems.mockReturnValue(of({ items: [STUCK], next_cursor: null, not_looked_at: ['surplus: silent'] }));
    api.postStuckRepair.mockReturnValueOnce(of({ id: STUCK.id, state: 'needs_deposit', missing_eur: '12.500000' }));
    await open(Stuck);
    expect(page.textContent).toContain('Abrechnung ohne Deckung');
    expect(page.textContent).toContain('Nicht alles ließ sich gerade fragen');
    await press('Beheben');
    expect(page.querySelector('[role=status]')?.textContent).toContain('Zahlen Sie 12,50\u00a0€ ein');
    api.postStuckRepair.mockReturnValueOnce(of({ id: STUCK.id, state: 'done', missing_eur: null }));
    await press('Beheben');
    expect(byText(page, 'Behoben.')).toBeDefined();
    expect(byText(page, 'Nichts ist stecken geblieben.')).toBeDefined();
    await press('Aktualisieren');
    expect(page.textContent, 'what the service says now').toContain('Abrechnung ohne Deckung');
    expect(byText(page, 'Behoben.')).toBeUndefined();
  });

  it('an audit: its result, and one that is under way is not begun again', async () => {
    api.getAudit.mockReturnValue(of({ last: [AUDIT], running: [] }));
    await open(Audit);
    expect(byText(page, 'Kette und Regeln stimmen überein')).toBeDefined();
    api.getAudit.mockReturnValue(
      of({ last: [AUDIT], running: [{ ...AUDIT, status: 'started', done_blocks: 617, equal: null }] }),
    );
    await press('Prüfung starten');
    expect(byText(page, '617 von 1.234 Blöcken')).toBeDefined();
    expect(byText(page, 'Prüfung starten')!.closest('button')!.disabled).toBe(true);
    fixture.destroy();
  });

  it('the access log is read page by page, and filtered', async () => {
    const record = {
      at: '2026-11-28T10:00:00Z',
      did: 'read',
      groups: ['Admin'],
      method: 'GET',
      route: '/participant/<sub>',
      service: null,
      status: 200,
      sub: 's-1',
      username: 'admin',
      targets: { sub: 's-2' },
    };
    api.getAccessLogRecords.mockReturnValueOnce(of({ items: [record], next_cursor: 'c-1' }));
    api.getAccessLogRecords.mockReturnValue(of({ items: [record], next_cursor: null }));
    await open(Accesses);
    await press('Weitere anzeigen');
    expect(api.getAccessLogRecords).toHaveBeenLastCalledWith({ limit: 50, cursor: 'c-1' });
    expect(page.querySelectorAll('tbody tr')).toHaveLength(2);
    expect(byText(page, 'Weitere anzeigen')).toBeUndefined();
    await type('who', ' seller ');
    await send();
    expect(api.getAccessLogRecords).toHaveBeenLastCalledWith({ limit: 50, who: 'seller' });
  });

  it('a settlement covers whole days, the last one included', async () => {
    api.getSettlements.mockReturnValue(of({ items: [], next_cursor: null }));
    api.postNewSettlement.mockReturnValue(of({}));
    await open(Settlements);
    await type('first', '2026-11-01');
    await type('last', '2026-10-31');
    await type('account', 'sellersells1');
    await send();
    expect(api.postNewSettlement).not.toHaveBeenCalled();
    await type('last', '2026-11-02');
    await send();
    expect(api.postNewSettlement.mock.calls[0][0].payload).toEqual({
      from: '2026-10-31T23:00:00.000Z',
      to: '2026-11-02T23:00:00.000Z',
      eos_account: 'sellersells1',
    });
  });
});
