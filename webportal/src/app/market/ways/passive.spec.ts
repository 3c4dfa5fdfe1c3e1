import { TestBed } from '@angular/core/testing';
import { firstValueFrom, of, throwError } from 'rxjs';
import { byText } from '../../../testing';
import { dayAfter, dayBounds, shiftDay } from '../../core/days';
import { Problem } from '../../core/problem';
import { CONTRACT, HORIZON_S, Opened, UNIT } from './opened.testing';
import { Passive } from './passive';
import { PassiveDialog } from './passive-dialog';
import { PassiveEndDialog } from './passive-end-dialog';

describe('passive contracts', () => {
  const ways = new Opened();

  it('passive contracts: the owner answers, the supplier takes back, either ends what holds', async () => {
    const running = { ...CONTRACT, contract_id: '1-8', status: 'running' };
    ways.api.contracts.mockReturnValue(of({ items: [CONTRACT, running], next_cursor: null }));
    await ways.open(Passive, 'User');
    expect(ways.buttons()).toEqual(['Annehmen', 'Ablehnen', 'Beenden']);
    expect(ways.page.textContent).toContain('Läuft, bis einer von beiden ihn beendet.');
    await ways.press('Annehmen');
    expect(ways.ask.mock.calls[0][0].facts[2]).toEqual(['passive.span', 'Di., 08.12.2026, 00:00 – ohne Ende']);
    await firstValueFrom(ways.ask.mock.calls[0][0].run('k-1'));
    expect(ways.api.acceptContract).toHaveBeenCalledWith(CONTRACT, 'k-1');
    TestBed.resetTestingModule();
    await ways.open(Passive, 'EVU');
    expect(ways.buttons()).toEqual(['Vertrag vorschlagen', 'Zurücknehmen', 'Beenden']);
    expect(ways.page.textContent).toContain('Eigentümer sellersells1');
  });

  it('a passive contract begins beyond the horizon, at the beginning of a day', async () => {
    ways.api.proposeContract.mockReturnValue(of(CONTRACT));
    await ways.open(PassiveDialog, 'EVU');
    const earliest = dayAfter(new Date(Date.now() + HORIZON_S * 1000));
    expect(ways.page.querySelector<HTMLInputElement>('input[name=from]')?.value).toBe(
      earliest.split('-').reverse().join('.'),
    );
    (ways.fixture.componentInstance as unknown as { unit: { set: (unit: string) => void } }).unit.set(UNIT.mastr_nr);
    await ways.type('price', '9,5');
    await ways.type('from', shiftDay(earliest, -1));
    expect(ways.page.querySelector('[role=alert]')?.textContent).toContain('Frühestens');
    await ways.send();
    await ways.type('from', earliest);
    await ways.type('until', earliest);
    expect(ways.page.querySelector('[role=alert]')?.textContent).toContain('Das Ende liegt nach dem Beginn.');
    await ways.send();
    expect(ways.api.proposeContract).not.toHaveBeenCalled();
    await ways.type('until', '');
    ways.api.proposeContract.mockReturnValueOnce(throwError(() => new Problem(409, 'M-PAS-04', 'M-PAS-04')));
    await ways.send();
    expect(ways.page.textContent).toContain('Ein Vertrag beginnt erst nach der Zeit, die schon gehandelt wird');
    await ways.send();
    expect(ways.api.proposeContract.mock.calls[1][0]).toEqual({
      unit_mastr_nr: UNIT.mastr_nr,
      price_ct_per_kwh: '9.5',
      from_slot: dayBounds(earliest).from.toISOString(),
      until_slot: null,
    });
  });

  it('a passive contract that has not begun is ended before its first slot', async () => {
    const first = dayAfter(new Date(Date.now() + HORIZON_S * 1000 + 3 * 86_400_000));
    const from = dayBounds(first).from.toISOString();
    await ways.open(PassiveEndDialog, 'EVU', { ...CONTRACT, from_slot: from });
    expect(ways.page.textContent).toContain('So kommt er nie zustande.');
    await ways.send();
    expect(ways.api.endContract).toHaveBeenCalledWith(CONTRACT.contract_id, from, expect.any(String));
    expect(byText(ways.page, 'Der Vertrag ist aufgehoben, bevor er begonnen hat.')).toBeDefined();
  });
});
