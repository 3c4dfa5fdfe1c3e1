import { ComponentFixture, TestBed } from '@angular/core/testing';
import { of, throwError } from 'rxjs';
import { vi } from 'vitest';
import { loadTexts, texts } from '../../testing';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Identity } from '../core/identity';
import { Problem } from '../core/problem';
import { Session } from '../core/session';
import { SecurityKeys } from './security-keys';

const KEY = { id: 'AQI', name: 'blau', added_at: '2026-11-28T10:00:00Z', last_used_at: null };

describe('SecurityKeys', () => {
  const getKeys = vi.fn();
  const postOptions = vi.fn();
  const postRegister = vi.fn();
  const deleteKey = vi.fn();
  const keyRegistered = vi.fn();
  let fixture: ComponentFixture<SecurityKeys>;
  let page: HTMLElement;

  async function open(items: object[], byKey = true): Promise<void> {
    getKeys.mockReturnValue(of({ items, required: false, by_key: byKey }));
    TestBed.configureTestingModule({
      providers: [
        texts,
        {
          provide: BackgroundManagerLogicService,
          useValue: { getKeys, postOptions, postRegister, deleteKey },
        },
        { provide: Identity, useValue: { groups: () => ['User'], person: () => ({ sub: 's' }) } },
        { provide: Session, useValue: { keyRegistered } },
      ],
    });
    await loadTexts();
    fixture = TestBed.createComponent(SecurityKeys);
    page = fixture.nativeElement as HTMLElement;
    await fixture.whenStable();
  }

  beforeEach(() => {
    [getKeys, postOptions, postRegister, deleteKey, keyRegistered].forEach((mock) => mock.mockReset());
    vi.stubGlobal('PublicKeyCredential', class {});
    const response = { clientDataJSON: new ArrayBuffer(1), attestationObject: new ArrayBuffer(1) };
    const create = vi.fn().mockResolvedValue({ id: 'AA', rawId: new ArrayBuffer(1), type: 'public-key', response });
    Object.defineProperty(navigator, 'credentials', { value: { create }, configurable: true });
    postOptions.mockReturnValue(of({ code_needed: true, options: { challenge: 'AAEC', user: { id: 'AQI' } } }));
  });

  afterEach(() => vi.unstubAllGlobals());

  async function type(name: string, value: string): Promise<void> {
    const input = page.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
    input.value = value;
    input.dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  async function submit(): Promise<void> {
    page.querySelector('.add form')!.dispatchEvent(new Event('submit'));
    await vi.waitFor(() => expect(page.querySelector('mat-progress-bar')).toBeNull());
    await fixture.whenStable();
  }

  it('registers the first key with the code, and signs out', async () => {
    await open([]);
    await submit();
    expect(page.querySelector('[role=alert]')?.textContent).toContain('Bitte füllen Sie alle Felder aus.');
    await type('name', 'blau');
    await type('code', 'ABCD');
    postRegister.mockReturnValue(of(KEY));
    await submit();
    const { payload } = postRegister.mock.calls[0][0] as { payload: object };
    expect(payload).toMatchObject({ challenge: 'AAEC', name: 'blau', code: 'ABCD', credential: { rawId: 'AA' } });
    expect(keyRegistered).toHaveBeenCalled();
  });

  it('says why it was refused, and stays', async () => {
    await open([]);
    await type('name', 'blau');
    await type('code', 'WRONG');
    postRegister.mockReturnValue(
      throwError(() => new Problem(403, 'The one-time code is not right; 4 tries are left.')),
    );
    await submit();
    expect(page.querySelector('app-problem')?.textContent).toContain('4 tries are left');
    expect(keyRegistered).not.toHaveBeenCalled();
  });

  it('asks before a key goes', async () => {
    await open([KEY]);
    deleteKey.mockReturnValue(of(null));
    page.querySelector<HTMLElement>('button[aria-label="Entfernen: blau"]')!.click();
    await fixture.whenStable();
    expect(deleteKey).not.toHaveBeenCalled();
    [...page.querySelectorAll('li button')]
      .find((one) => one.textContent?.trim() === 'Entfernen')!
      .dispatchEvent(new MouseEvent('click'));
    await fixture.whenStable();
    expect(deleteKey).toHaveBeenCalledWith({ id: 'AQI' });
  });

  it('asks for no code when there is a key, and changes nothing in a session without it', async () => {
    await open([KEY], false);
    expect(page.querySelector('input[name=code]')).toBeNull();
    expect(page.querySelector('[role=status]')?.textContent).toContain('Diese Sitzung begann ohne');
    expect(page.querySelector<HTMLButtonElement>('.add button[type=submit]')!.disabled).toBe(true);
  });
});
