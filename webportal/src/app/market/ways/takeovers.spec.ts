import { TestBed } from '@angular/core/testing';
import { of } from 'rxjs';
import { byText } from '../../../testing';
import { dayBounds } from '../../core/days';
import { dateOf } from '../../core/formats';
import { MintDialog } from './mint-dialog';
import { Opened, SLOT } from './opened.testing';
import { Power2X } from './power2x';
import { Secondary } from './secondary';

describe('what passed to the supplier, and tokens for it', () => {
  const ways = new Opened();

  it('the secondary market says what passed to the supplier in each slot and in sum', async () => {
    ways.api.secondary.mockReturnValue(of({ items: [SLOT], totals: SLOT }));
    await ways.open(Secondary, 'EVU');
    const today = dayBounds(dateOf(new Date()));
    expect(ways.api.secondary).toHaveBeenCalledWith(today.from, today.to);
    const cells = [...ways.page.querySelectorAll('tbody td')].map((cell) =>
      cell.textContent!.replace(/\s+/g, ' ').trim(),
    );
    expect(cells).toEqual([
      '1,000 kWh 0,08 €',
      '0,500 kWh 0,0475 €',
      '0,250 kWh 0,02 €',
      '1,750 kWh',
      '0,000 kWh',
      '0,1475 €',
    ]);
    TestBed.resetTestingModule();
    ways.api.secondary.mockReturnValue(of({ items: [], totals: { ...SLOT, taken_over_wh: 0 } }));
    await ways.open(Secondary, 'EVU');
    expect(byText(ways.page, 'An diesem Tag ist nichts an Sie übergegangen.')).toBeDefined();
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
    ways.api.power2x.mockReturnValue(of({ ptx_balance: 1234, mintable_kwh: 5, slots, history: [], next_cursor: null }));
    await ways.open(Power2X, 'EVU');
    expect(ways.page.querySelector('[data-testid=ptx]')?.textContent).toBe('1.234 PTX');
    expect([...ways.page.querySelectorAll('tbody tr')].map((row) => row.getAttribute('data-slot'))).toEqual([
      '2026-11-28T11:00:00Z',
      SLOT.slot_start,
    ]);
  });

  it('no more tokens than the slot has whole kWh', async () => {
    ways.api.mint.mockReturnValue(of({ kwh: 3 }));
    await ways.open(MintDialog, 'EVU', { ...SLOT, mintable_kwh: 4 });
    for (const wrong of ['5', '0', '1,5', '']) {
      await ways.type('kwh', wrong);
      await ways.send();
    }
    expect(ways.api.mint).not.toHaveBeenCalled();
    await ways.type('kwh', '3');
    await ways.send();
    expect(ways.api.mint).toHaveBeenCalledWith(SLOT.slot_start, 3, expect.any(String));
    expect(byText(ways.page, '3 PTX sind erzeugt.')).toBeDefined();
  });
});
