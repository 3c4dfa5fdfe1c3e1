import { Type, signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { provideRouter } from '@angular/router';
import { NEVER, of } from 'rxjs';
import { vi } from 'vitest';
import { byText, loadTexts, texts } from '../../../testing';
import { BackgroundManagerLogicService } from '../../api/background-manager-logic/api/background-manager-logic.service';
import { Identity } from '../../core/identity';
import { Live } from '../../core/live';
import { Confirmation, Question } from '../../shared/confirmation';
import { MarketApi } from '../market-api';
import { WaysApi } from './ways-api';

export const HORIZON_S = 7 * 86_400;
const RULES = { from_slot: null, lead_s: 300, min_price_ct_per_kwh: '0.0000', max_price_ct_per_kwh: '100.0000' };
export const UNIT = { mastr_nr: 'SEE900000000119', name: 'Dach', unit_type: 'solar' };
export const CONTRACT = {
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
export const DEAL = {
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
export const SLOT = {
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

/** A page or dialog of the ways to market, with the services' answers in `api` and `market`. */
export class Opened {
  readonly api = {
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
  readonly market = {
    parameters: () => of({ slot_s: 900, horizon_s: HORIZON_S, items: [RULES] }),
    ownMarketUnits: () => of(new Set([UNIT.mastr_nr])),
    units: () => of({ items: [UNIT] }),
    maximum: () => of({ max_energy_wh: 2000, generation_wh: 2500, consumption_wh: 500 }),
    offers: vi.fn(() => of({ items: [] as object[] })),
  };
  readonly ask = vi.fn((_question: Question) => Promise.resolve());
  fixture!: ComponentFixture<unknown>;
  page!: HTMLElement;

  async open(component: Type<unknown>, group: string, data: unknown = null): Promise<void> {
    Object.values(this.api).forEach((call) => call.mockClear());
    this.ask.mockClear();
    TestBed.configureTestingModule({
      providers: [
        texts,
        provideRouter([]),
        { provide: WaysApi, useValue: this.api },
        { provide: MarketApi, useValue: this.market },
        {
          provide: BackgroundManagerLogicService,
          useValue: {
            getMarketUnits: () =>
              of({ items: [{ unit_id: 1, unit_mastr_nr: UNIT.mastr_nr, account: 'sellersells1', mine: false }] }),
          },
        },
        { provide: Identity, useValue: { groups: signal([group]) } },
        { provide: Live, useValue: { changes: NEVER } },
        { provide: Confirmation, useValue: { ask: this.ask } },
        { provide: MatDialogRef, useValue: { close: vi.fn() } },
        { provide: MAT_DIALOG_DATA, useValue: data },
      ],
    });
    await loadTexts();
    this.fixture = TestBed.createComponent(component);
    this.page = this.fixture.nativeElement as HTMLElement;
    await this.fixture.whenStable();
  }

  buttons(): string[] {
    return [...this.page.querySelectorAll('button')].map((button) => button.textContent!.trim());
  }

  async press(text: string): Promise<void> {
    byText(this.page, text)!.closest('button')!.click();
    await this.fixture.whenStable();
  }

  async type(name: string, text: string): Promise<void> {
    const input = this.page.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
    input.value = text;
    input.dispatchEvent(new Event('input'));
    await this.fixture.whenStable();
  }

  async send(): Promise<void> {
    this.page.querySelector('form')!.dispatchEvent(new Event('submit'));
    await this.fixture.whenStable();
  }
}
