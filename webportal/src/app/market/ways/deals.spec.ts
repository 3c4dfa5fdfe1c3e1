import { TestBed } from '@angular/core/testing';
import { firstValueFrom, of } from 'rxjs';
import { byText } from '../../../testing';
import { DealDialog } from './deal-dialog';
import { Deals } from './deals';
import { DEAL, Opened, UNIT } from './opened.testing';

describe('peer-to-peer deals', () => {
  const ways = new Opened();

  it('deals: a buyer agrees to the very terms that he has read', async () => {
    ways.api.deals.mockReturnValue(of({ items: [DEAL], next_cursor: null }));
    await ways.open(Deals, 'User');
    expect(ways.page.textContent).toContain('Sie kaufen von sellersells1');
    expect(ways.page.textContent).toContain('Nehmen Sie bis 28.11.2026, 10:55 an');
    expect(ways.buttons()).toEqual(['Direktvertrag vorschlagen', 'Annehmen', 'Ablehnen']);
    await ways.press('Annehmen');
    const question = ways.ask.mock.calls[0][0];
    expect(question.facts).toContainEqual(['columns.amount', '0,1875\u00a0€']);
    await firstValueFrom(question.run('k-1'));
    expect(ways.api.acceptDeal).toHaveBeenCalledWith(DEAL, 'k-1');
  });

  it('deals: a seller takes his proposal back, the supplier only looks', async () => {
    ways.api.deals.mockReturnValue(of({ items: [{ ...DEAL, role: 'seller' }], next_cursor: null }));
    await ways.open(Deals, 'User');
    await ways.press('Zurücknehmen');
    expect(ways.ask.mock.calls[0][0].scope).toBe('deals.takeBack');
    await firstValueFrom(ways.ask.mock.calls[0][0].run('k-1'));
    expect(ways.api.dropDeal).toHaveBeenCalledWith(DEAL.deal_id);
    TestBed.resetTestingModule();
    ways.api.deals.mockReturnValue(of({ items: [{ ...DEAL, role: null }], next_cursor: null }));
    await ways.open(Deals, 'EVU');
    expect(ways.page.textContent).toContain('sellersells1 verkauft an buyerbuys123');
    expect(ways.buttons()).toEqual([]);
  });

  it('deals: what is agreed leads to its balance; an empty list says what to do', async () => {
    ways.api.deals.mockReturnValue(of({ items: [{ ...DEAL, status: 'accepted', offer_id: 7 }], next_cursor: null }));
    await ways.open(Deals, 'User');
    expect(byText(ways.page, 'Zur Bilanz')?.getAttribute('href')).toBe('/market/balances');
    expect(ways.buttons()).toEqual(['Direktvertrag vorschlagen']);
    TestBed.resetTestingModule();
    ways.api.deals.mockReturnValue(of({ items: [], next_cursor: null }));
    await ways.open(Deals, 'User');
    expect(ways.page.textContent).toContain('nennen Sie ihm Ihren EOS-Account');
  });

  /** The dialog for a slot of the next day, with all that is needed. */
  async function openDeal(): Promise<string> {
    await ways.open(DealDialog, 'User');
    const dialog = ways.fixture.componentInstance as unknown as {
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
    await ways.fixture.whenStable();
    return slot;
  }

  it('a deal is not proposed where something is offered already', async () => {
    ways.market.offers.mockReturnValueOnce(
      of({ items: [{ unit_mastr_nr: UNIT.mastr_nr, status: 'open', energy_wh: 5 }] }),
    );
    await openDeal();
    expect(ways.page.textContent).toContain('Für diesen Zeitraum haben Sie schon etwas angeboten.');
    await ways.send();
    expect(ways.api.proposeDeal).not.toHaveBeenCalled();
  });

  it('a deal is proposed within the maximum and the bounds of the price', async () => {
    ways.api.proposeDeal.mockReturnValue(of(DEAL));
    const slot = await openDeal();
    await ways.type('energy', '2,5');
    expect(ways.page.textContent).toContain('Das ist mehr als 2,000\u00a0kWh.');
    await ways.type('energy', '1,5');
    await ways.type('price', '101');
    expect(ways.page.textContent).toContain('Der Markt lässt 0,00\u00a0ct/kWh bis 100,00\u00a0ct/kWh zu.');
    await ways.send();
    expect(ways.api.proposeDeal).not.toHaveBeenCalled();
    await ways.type('price', '12,5');
    await ways.send();
    expect(ways.api.proposeDeal.mock.calls[0][0]).toEqual({
      unit_mastr_nr: UNIT.mastr_nr,
      buyer_account: 'buyerbuys123',
      slot_start: slot,
      energy_wh: 1500,
      price_ct_per_kwh: '12.5',
    });
    expect(byText(ways.page, 'Der Direktvertrag ist vorgeschlagen.')).toBeDefined();
  });
});
