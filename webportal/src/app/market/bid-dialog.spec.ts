import { ComponentFixture, TestBed } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { NEVER, of, throwError } from 'rxjs';
import { vi } from 'vitest';
import { byText, loadTexts, texts } from '../../testing';
import { Live } from '../core/live';
import { Problem } from '../core/problem';
import { BidDialog } from './bid-dialog';
import { MarketApi, Offer } from './market-api';
import { OutbidNotice } from './outbid-notice';

const OFFER = {
  offer_id: 7,
  status: 'open',
  mine: false,
  slot_start: '2026-11-28T09:15:00Z',
  slot_end: '2026-11-28T09:30:00Z',
  energy_wh: 500,
  start_price_ct_per_kwh: '20.0000',
  highest_bid_ct_per_kwh: '24.5000',
  closes_at: new Date(Date.now() + 3_600_000).toISOString(),
} as Offer;
const RULES = { market: 'lem', slot_s: 900, horizon_s: 1, items: [{ from_slot: null, tick_ct_per_kwh: '0.0100' }] };

describe('BidDialog', () => {
  const placeBid = vi.fn();
  const close = vi.fn();
  let fixture: ComponentFixture<BidDialog>;
  let page: HTMLElement;

  beforeEach(async () => {
    placeBid.mockReset();
    close.mockReset();
    const api = { offers: () => of({ items: [OFFER], next_cursor: null }), parameters: () => of(RULES), placeBid };
    TestBed.configureTestingModule({
      providers: [
        texts,
        { provide: MarketApi, useValue: api },
        { provide: Live, useValue: { changes: NEVER } },
        { provide: OutbidNotice, useValue: { whileBidding: (bid: () => Promise<unknown>) => bid() } },
        { provide: MatDialogRef, useValue: { close } },
        { provide: MAT_DIALOG_DATA, useValue: { offer: OFFER } },
      ],
    });
    await loadTexts();
    fixture = TestBed.createComponent(BidDialog);
    page = fixture.nativeElement as HTMLElement;
    await fixture.whenStable();
  });

  async function type(price: string): Promise<void> {
    const input = page.querySelector<HTMLInputElement>('input[name=price]')!;
    input.value = price;
    input.dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  async function submit(): Promise<void> {
    page.querySelector('form')!.dispatchEvent(new Event('submit'));
    await fixture.whenStable();
  }

  it('shows the highest bid and what is the least above it', async () => {
    expect(page.querySelector('[data-testid=highest]')?.textContent?.trim()).toBe('24,50\u00a0ct/kWh');
    await type('24,505');
    expect(page.textContent).toContain('Bitte mindestens 24,51\u00a0ct/kWh.');
    await submit();
    expect(placeBid).not.toHaveBeenCalled();
  });

  it('places the bid as a decimal string and closes', async () => {
    placeBid.mockReturnValue(of({}));
    await type('24,51');
    await submit();
    expect(placeBid.mock.calls[0][0]).toEqual({ offer_id: 7, price_ct_per_kwh: '24.51' });
    await vi.waitFor(() => expect(close).toHaveBeenCalledWith(true));
  });

  it('says why it was refused, keeps what was typed, and tries again with a new key', async () => {
    placeBid.mockReturnValue(throwError(() => new Problem(409, 'M-BID-04: 1 EUR', 'M-BID-04')));
    await type('30');
    await submit();
    await fixture.whenStable();
    expect(byText(page, 'Ihr verfügbares Geld reicht für dieses Gebot nicht aus.')).toBeDefined();
    expect(page.querySelector<HTMLInputElement>('input[name=price]')?.value).toBe('30');
    await submit();
    await type('31');
    await submit();
    const [first, second, third] = placeBid.mock.calls.map((call) => call[1] as string);
    expect(new Set([first, second, third]).size).toBe(3); // the services keep a refusal: money may have come since
    expect(close).not.toHaveBeenCalled();
  });
});
