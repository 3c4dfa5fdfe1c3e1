import { Type, signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { provideRouter } from '@angular/router';
import { NEVER, firstValueFrom, of, throwError } from 'rxjs';
import { vi } from 'vitest';
import { byText, loadTexts, texts } from '../../../testing';
import { BackgroundManagerLogicService } from '../../api/background-manager-logic/api/background-manager-logic.service';
import { dayAfter, dayBounds, shiftDay } from '../../core/days';
import { dateOf } from '../../core/formats';
import { Identity } from '../../core/identity';
import { Live } from '../../core/live';
import { Problem } from '../../core/problem';
import { ConfirmDialog } from '../../shared/confirm-dialog';
import { Confirmation, Question } from '../../shared/confirmation';
import { MarketApi } from '../market-api';
import { DealDialog } from './deal-dialog';
import { Deals } from './deals';
import { MintDialog } from './mint-dialog';
import { Passive } from './passive';
import { PassiveDialog } from './passive-dialog';
import { PassiveEndDialog } from './passive-end-dialog';
import { Power2X } from './power2x';
import { Secondary } from './secondary';
import { WaysApi } from './ways-api';

const HORIZON_S = 7 * 86_400;
const RULES = { from_slot: null, lead_s: 300, min_price_ct_per_kwh: '0.0000', max_price_ct_per_kwh: '100.0000' };
const UNIT = { mastr_nr: 'SEE900000000119', name: 'Dach', unit_type: 'solar' };
const CONTRACT = {
  contract_id: '1-0011223344556677',
  unit_id: 1,
  unit_mastr_nr: UNIT.mastr_nr,
  owner_account: 'sellersells1',
  status: 'proposed',
  price_ct_per_kwh: '9.5000',
  from_slot: '2026-12-07T23:00:00Z',
  until_slot: null,
  accept_before: '2026-11-30T23:00:00Z',
};
const DEAL = {
  deal_id: '1-1795910400',
  role: 'buyer',
  status: 'proposed',
  slot_start: '2026-11-28T10:00:00Z',
  slot_end: '2026-11-28T10:15:00Z',
  seller_account: 'sellersells1',
  buyer_account: 'buyerbuys123',
  energy_wh: 1500,
  price_ct_per_kwh: '12.5000',
  amount_eur: '0.187500',
  accept_before: '2026-11-28T09:55:00Z',
  offer_id: null,
};
const SLOT = {
  slot_start: '2026-11-28T10:00:00Z',
  slot_end: '2026-11-28T10:15:00Z',
  swept_wh: 1000,
  swept_eur: '0.080000',
  passive_wh: 500,
  passive_eur: '0.047500',
  unused_wh: 250,
  unused_eur: '0.020000',
  taken_over_wh: 1750,
  minted_wh: 0,
  amount_eur: '0.147500',
};

describe('ways to market', () => {
  const api = {
    deals: vi.fn(),
    proposeDeal: vi.fn(),
    acceptDeal: vi.fn(() => of(DEAL)),
    dropDeal: vi.fn(() => of(DEAL)),
    contracts: vi.fn(),
    proposeContract: vi.fn(),
    acceptContract: vi.fn(() => of(CONTRACT)),
    dropContract: vi.fn(() => of(CONTRACT)),
    endContract: vi.fn(() => of(CONTRACT)),
    secondary: vi.fn(),
    power2x: vi.fn(),
    mint: vi.fn(),
  };
  const market = {
    parameters: () => of({ slot_s: 900, horizon_s: HORIZON_S, items: [RULES] }),
    ownMarketUnits: () => of(new Set([UNIT.mastr_nr])),
    units: () => of({ items: [UNIT] }),
    maximum: () => of({ max_energy_wh: 2000, generation_wh: 2500, consumption_wh: 500 }),
    offers: vi.fn(() => of({ items: [] as object[] })),
  };
  const ask = vi.fn((_question: Question) => Promise.resolve());
  let fixture: ComponentFixture<unknown>;
  let page: HTMLElement;

  async function open(component: Type<unknown>, group: string, data: unknown = null): Promise<void> {
    Object.values(api).forEach((call) => call.mockClear());
    ask.mockClear();
    TestBed.configureTestingModule({
      providers: [
        texts,
        provideRouter([]),
        { provide: WaysApi, useValue: api },
        { provide: MarketApi, useValue: market },
        {
          provide: BackgroundManagerLogicService,
          useValue: {
            getMarketUnits: () =>
              of({ items: [{ unit_id: 1, unit_mastr_nr: UNIT.mastr_nr, account: 'sellersells1', mine: false }] }),
          },
        },
        { provide: Identity, useValue: { groups: signal([group]) } },
        { provide: Live, useValue: { changes: NEVER } },
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

  const buttons = (): string[] => [...page.querySelectorAll('button')].map((button) => button.textContent!.trim());

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

  it('deals: a buyer agrees to the very terms that he has read', async () => {
    api.deals.mockReturnValue(of({ items: [DEAL], next_cursor: null }));
    await open(Deals, 'User');
    expect(page.textContent).toContain('Sie kaufen von sellersells1');
    expect(page.textContent).toContain('Nehmen Sie bis 28.11.2026, 10:55 an');
    expect(buttons()).toEqual(['Direktvertrag vorschlagen', 'Annehmen', 'Ablehnen']);
    await press('Annehmen');
    const question = ask.mock.calls[0][0];
    expect(question.facts).toContainEqual(['columns.amount', '0,1875\u00a0€']);
    await firstValueFrom(question.run('k-1'));
    expect(api.acceptDeal).toHaveBeenCalledWith(DEAL, 'k-1');
  });

  it('deals: a seller takes his proposal back, the supplier only looks', async () => {
    api.deals.mockReturnValue(of({ items: [{ ...DEAL, role: 'seller' }], next_cursor: null }));
    await open(Deals, 'User');
    await press('Zurücknehmen');
    expect(ask.mock.calls[0][0].scope).toBe('deals.takeBack');
    await firstValueFrom(ask.mock.calls[0][0].run('k-1'));
    expect(api.dropDeal).toHaveBeenCalledWith(DEAL.deal_id);
    TestBed.resetTestingModule();
    api.deals.mockReturnValue(of({ items: [{ ...DEAL, role: null }], next_cursor: null }));
    await open(Deals, 'EVU');
    expect(page.textContent).toContain('sellersells1 verkauft an buyerbuys123');
    expect(buttons()).toEqual([]);
  });

  it('deals: what is agreed leads to its balance; an empty list says what to do', async () => {
    api.deals.mockReturnValue(of({ items: [{ ...DEAL, status: 'accepted', offer_id: 7 }], next_cursor: null }));
    await open(Deals, 'User');
    expect(byText(page, 'Zur Bilanz')?.getAttribute('href')).toBe('/market/balances');
    expect(buttons()).toEqual(['Direktvertrag vorschlagen']);
    TestBed.resetTestingModule();
    api.deals.mockReturnValue(of({ items: [], next_cursor: null }));
    await open(Deals, 'User');
    expect(page.textContent).toContain('nennen Sie ihm Ihren EOS-Account');
  });

  /** The dialog for a slot of the next day, with all that is needed. */
  async function openDeal(): Promise<string> {
    await open(DealDialog, 'User');
    const dialog = fixture.componentInstance as unknown as {
      days: () => { date: string; slots: Date[] }[];
      chooseDate: (date: string) => void;
      slot: { set: (slot: string) => void };
      energyText: { set: (text: string) => void };
      priceText: { set: (text: string) => void };
      buyerText: { set: (text: string) => void };
    };
    const day = dialog.days()[1];
    const slot = day.slots[3].toISOString();
    dialog.chooseDate(day.date);
    dialog.slot.set(slot);
    dialog.energyText.set('1,5');
    dialog.priceText.set('12,5');
    dialog.buyerText.set(' BuyerBuys123 ');
    await fixture.whenStable();
    return slot;
  }

  it('a deal is not proposed where something is offered already', async () => {
    market.offers.mockReturnValueOnce(of({ items: [{ unit_mastr_nr: UNIT.mastr_nr, status: 'open', energy_wh: 5 }] }));
    await openDeal();
    expect(page.textContent).toContain('Für diesen Zeitraum haben Sie schon etwas angeboten.');
    await send();
    expect(api.proposeDeal).not.toHaveBeenCalled();
  });

  it('a deal is proposed within the maximum and the bounds of the price', async () => {
    api.proposeDeal.mockReturnValue(of(DEAL));
    const slot = await openDeal();
    await type('energy', '2,5');
    expect(page.textContent).toContain('Das ist mehr als 2,000\u00a0kWh.');
    await type('energy', '1,5');
    await type('price', '101');
    expect(page.textContent).toContain('Der Markt lässt 0,00\u00a0ct/kWh bis 100,00\u00a0ct/kWh zu.');
    await send();
    expect(api.proposeDeal).not.toHaveBeenCalled();
    await type('price', '12,5');
    await send();
    expect(api.proposeDeal.mock.calls[0][0]).toEqual({
      unit_mastr_nr: UNIT.mastr_nr,
      buyer_account: 'buyerbuys123',
      slot_start: slot,
      energy_wh: 1500,
      price_ct_per_kwh: '12.5',
    });
    expect(byText(page, 'Der Direktvertrag ist vorgeschlagen.')).toBeDefined();
  });

  it('passive contracts: the owner answers, the supplier takes back, either ends what holds', async () => {
    const running = { ...CONTRACT, contract_id: '1-8', status: 'running' };
    api.contracts.mockReturnValue(of({ items: [CONTRACT, running], next_cursor: null }));
    await open(Passive, 'User');
    expect(buttons()).toEqual(['Annehmen', 'Ablehnen', 'Beenden']);
    expect(page.textContent).toContain('Läuft, bis einer von beiden ihn beendet.');
    await press('Annehmen');
    expect(ask.mock.calls[0][0].facts[2]).toEqual(['passive.span', 'Di., 08.12.2026, 00:00 – ohne Ende']);
    await firstValueFrom(ask.mock.calls[0][0].run('k-1'));
    expect(api.acceptContract).toHaveBeenCalledWith(CONTRACT, 'k-1');
    TestBed.resetTestingModule();
    await open(Passive, 'EVU');
    expect(buttons()).toEqual(['Vertrag vorschlagen', 'Zurücknehmen', 'Beenden']);
    expect(page.textContent).toContain('Eigentümer sellersells1');
  });

  it('a passive contract begins beyond the horizon, at the beginning of a day', async () => {
    api.proposeContract.mockReturnValue(of(CONTRACT));
    await open(PassiveDialog, 'EVU');
    const earliest = dayAfter(new Date(Date.now() + HORIZON_S * 1000));
    expect(page.querySelector<HTMLInputElement>('input[name=from]')?.value).toBe(earliest);
    (fixture.componentInstance as unknown as { unit: { set: (unit: string) => void } }).unit.set(UNIT.mastr_nr);
    await type('price', '9,5');
    await type('from', shiftDay(earliest, -1));
    expect(page.querySelector('[role=alert]')?.textContent).toContain('Frühestens');
    await send();
    await type('from', earliest);
    await type('until', earliest);
    expect(page.querySelector('[role=alert]')?.textContent).toContain('Das Ende liegt nach dem Beginn.');
    await send();
    expect(api.proposeContract).not.toHaveBeenCalled();
    await type('until', '');
    api.proposeContract.mockReturnValueOnce(throwError(() => new Problem(409, 'M-PAS-04', 'M-PAS-04')));
    await send();
    expect(page.textContent).toContain('Ein Vertrag beginnt erst nach der Zeit, die schon gehandelt wird');
    await send();
    expect(api.proposeContract.mock.calls[1][0]).toEqual({
      unit_mastr_nr: UNIT.mastr_nr,
      price_ct_per_kwh: '9.5',
      from_slot: dayBounds(earliest).from.toISOString(),
      until_slot: null,
    });
  });

  it('a passive contract that has not begun is ended before its first slot', async () => {
    const first = dayAfter(new Date(Date.now() + HORIZON_S * 1000 + 3 * 86_400_000));
    const from = dayBounds(first).from.toISOString();
    await open(PassiveEndDialog, 'EVU', { ...CONTRACT, from_slot: from });
    expect(page.textContent).toContain('So kommt er nie zustande.');
    await send();
    expect(api.endContract).toHaveBeenCalledWith(CONTRACT.contract_id, from, expect.any(String));
    expect(byText(page, 'Der Vertrag ist aufgehoben, bevor er begonnen hat.')).toBeDefined();
  });

  it('the secondary market says what passed to the supplier in each slot and in sum', async () => {
    api.secondary.mockReturnValue(of({ items: [SLOT], totals: SLOT }));
    await open(Secondary, 'EVU');
    const today = dayBounds(dateOf(new Date()));
    expect(api.secondary).toHaveBeenCalledWith(today.from, today.to);
    const cells = [...page.querySelectorAll('tbody td')].map((cell) => cell.textContent!.replace(/\s+/g, ' ').trim());
    expect(cells).toEqual([
      '1,000 kWh 0,08 €',
      '0,500 kWh 0,0475 €',
      '0,250 kWh 0,02 €',
      '1,750 kWh',
      '0,000 kWh',
      '0,1475 €',
    ]);
    TestBed.resetTestingModule();
    api.secondary.mockReturnValue(of({ items: [], totals: { ...SLOT, taken_over_wh: 0 } }));
    await open(Secondary, 'EVU');
    expect(byText(page, 'An diesem Tag ist nichts an Sie übergegangen.')).toBeDefined();
  });

  it('Power2X shows what can be minted, the newest first', async () => {
    const slots = [
      { slot_start: SLOT.slot_start, slot_end: SLOT.slot_end, taken_over_wh: 1750, minted_wh: 0, mintable_kwh: 1 },
      {
        slot_start: '2026-11-28T11:00:00Z',
        slot_end: '2026-11-28T11:15:00Z',
        taken_over_wh: 4000,
        minted_wh: 0,
        mintable_kwh: 4,
      },
      {
        slot_start: '2026-11-28T12:00:00Z',
        slot_end: '2026-11-28T12:15:00Z',
        taken_over_wh: 9,
        minted_wh: 0,
        mintable_kwh: 0,
      },
    ];
    api.power2x.mockReturnValue(of({ ptx_balance: 1234, mintable_kwh: 5, slots, history: [], next_cursor: null }));
    await open(Power2X, 'EVU');
    expect(page.querySelector('[data-testid=ptx]')?.textContent).toBe('1.234 PTX');
    expect([...page.querySelectorAll('tbody tr')].map((row) => row.getAttribute('data-slot'))).toEqual([
      '2026-11-28T11:00:00Z',
      SLOT.slot_start,
    ]);
  });

  it('no more tokens than the slot has whole kWh', async () => {
    api.mint.mockReturnValue(of({ kwh: 3 }));
    await open(MintDialog, 'EVU', { ...SLOT, mintable_kwh: 4 });
    for (const wrong of ['5', '0', '1,5', '']) {
      await type('kwh', wrong);
      await send();
    }
    expect(api.mint).not.toHaveBeenCalled();
    await type('kwh', '3');
    await send();
    expect(api.mint).toHaveBeenCalledWith(SLOT.slot_start, 3, expect.any(String));
    expect(byText(page, '3 PTX sind erzeugt.')).toBeDefined();
  });

  it('a confirmation keeps what it is about when it failed, and the same order has the same key', async () => {
    const run = vi
      .fn()
      .mockReturnValueOnce(throwError(() => new Problem(503)))
      .mockReturnValue(of(null));
    const question: Question = { scope: 'deals.accept', facts: [['columns.slot', 'jetzt']], order: { id: 1 }, run };
    await open(ConfirmDialog, 'User', question);
    await press('Verbindlich annehmen');
    expect(page.querySelector('[role=alert]')).not.toBeNull();
    expect(page.textContent).toContain('jetzt');
    await press('Verbindlich annehmen');
    expect(byText(page, 'Der Direktvertrag ist geschlossen.')).toBeDefined();
    expect(run.mock.calls[0]).toEqual(run.mock.calls[1]);
  });
});
