import { ComponentFixture, TestBed } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { of } from 'rxjs';
import { vi } from 'vitest';
import { byText, loadTexts, texts } from '../../testing';
import { MarketApi } from './market-api';
import { MoneyDialog, MoneyMove } from './money-dialog';

describe('MoneyDialog', () => {
  const api = { deposit: vi.fn(), withdraw: vi.fn() };
  let fixture: ComponentFixture<MoneyDialog>;
  let page: HTMLElement;

  async function open(move: MoneyMove): Promise<void> {
    Object.values(api).forEach((call) =>
      call.mockReset().mockReturnValue(of({ amount_eur: '5.25', eos_account: 'abc' })),
    );
    TestBed.configureTestingModule({
      providers: [
        texts,
        { provide: MarketApi, useValue: api },
        { provide: MatDialogRef, useValue: { close: vi.fn() } },
        { provide: MAT_DIALOG_DATA, useValue: move },
      ],
    });
    await loadTexts();
    fixture = TestBed.createComponent(MoneyDialog);
    page = fixture.nativeElement as HTMLElement;
    await fixture.whenStable();
  }

  async function type(name: string, text: string): Promise<void> {
    const input = page.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
    input.value = text;
    input.dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  async function submit(): Promise<void> {
    page.querySelector('form')!.dispatchEvent(new Event('submit'));
    await fixture.whenStable();
  }

  it('withdraws no more than there is, as a decimal string', async () => {
    await open({ kind: 'withdraw', most: '5.2500' });
    await type('amount', '5,26');
    expect(page.textContent).toContain('Das ist mehr als 5,25\u00a0€.');
    await submit();
    await type('amount', '0');
    await submit();
    expect(api.withdraw).not.toHaveBeenCalled();
    byText(page, 'Alles übernehmen')!.closest('button')!.click();
    await fixture.whenStable();
    await submit();
    expect(api.withdraw.mock.calls[0][0]).toEqual({ amount_eur: '5.2500' });
    expect(byText(page, '5,25\u00a0€ sind ausgezahlt.')).toBeDefined();
  });

  it('credits a payment to the account of a participant', async () => {
    await open({ kind: 'credit', most: null });
    await type('amount', '5,25');
    await submit();
    expect(api.deposit).not.toHaveBeenCalled();
    await type('account', ' ABC ');
    await submit();
    expect(api.deposit.mock.calls[0][0]).toEqual({ amount_eur: '5.25', eos_account: 'abc' });
  });
});
