import { ComponentFixture, TestBed } from '@angular/core/testing';
import { Router } from '@angular/router';
import { vi } from 'vitest';
import { loadTexts, texts } from '../../testing';
import { Identity, SignInError, Step } from '../core/identity';
import { SignIn } from './sign-in';

describe('SignIn', () => {
  const signIn = vi.fn<() => Promise<Step>>();
  const setNewPassword = vi.fn<() => Promise<Step>>();
  const confirmKey = vi.fn<() => Promise<Step>>();
  const registerFirstKey = vi.fn<() => Promise<Step>>();
  const navigateByUrl = vi.fn();
  let fixture: ComponentFixture<SignIn>;
  let page: HTMLElement;

  beforeEach(async () => {
    [signIn, setNewPassword, confirmKey, registerFirstKey, navigateByUrl].forEach((mock) => mock.mockReset());
    TestBed.configureTestingModule({
      providers: [
        texts,
        {
          provide: Identity,
          useValue: {
            prepare: () => undefined,
            signIn,
            setNewPassword,
            confirmKey,
            registerFirstKey,
            groups: () => ['User'],
          },
        },
        { provide: Router, useValue: { navigateByUrl } },
      ],
    });
    await loadTexts();
    fixture = TestBed.createComponent(SignIn);
    page = fixture.nativeElement as HTMLElement;
    await fixture.whenStable();
  });

  async function type(name: string, value: string): Promise<void> {
    const input = page.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
    input.value = value;
    input.dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  async function submit(): Promise<void> {
    page.querySelector('form')!.dispatchEvent(new Event('submit'));
    await fixture.whenStable();
  }

  async function givePassword(): Promise<void> {
    await type('username', ' seller ');
    await type('password', 'secret');
    await submit();
  }

  function alert(): string | undefined {
    return page.querySelector('[role=alert]')?.textContent?.trim();
  }

  it('asks for both', async () => {
    await submit();
    expect(alert()).toBe('Bitte geben Sie Benutzername und Passwort ein.');
    expect(signIn).not.toHaveBeenCalled();
  });

  it('says that name or password is wrong', async () => {
    signIn.mockRejectedValue(new SignInError('wrong'));
    await givePassword();
    expect(alert()).toBe('Benutzername oder Passwort stimmen nicht.');
  });

  it('says that the provider is away', async () => {
    signIn.mockRejectedValue(new SignInError('unreachable'));
    await givePassword();
    expect(alert()).toContain('Der Anmeldedienst antwortet nicht.');
  });

  it('goes on to the page that was wanted', async () => {
    signIn.mockResolvedValue('done');
    fixture.componentRef.setInput('next', '/market/bids');
    await givePassword();
    expect(signIn).toHaveBeenCalledWith('seller', 'secret');
    expect(navigateByUrl).toHaveBeenCalledWith('/market/bids');
  });

  it('lets a new password be set', async () => {
    signIn.mockResolvedValue('new-password');
    setNewPassword.mockResolvedValue('done');
    await givePassword();
    expect(page.querySelector('h1')?.textContent).toBe('Neues Passwort festlegen');
    await type('new-password', 'Abcdefghijk1');
    await type('repeat', 'Abcdefghijk2');
    await submit();
    expect(alert()).toBe('Die beiden Passwörter sind verschieden.');
    await type('repeat', 'Abcdefghijk1');
    await submit();
    expect(setNewPassword).toHaveBeenCalledWith('Abcdefghijk1');
    expect(navigateByUrl).toHaveBeenCalledWith('/market/offers');
  });

  it('asks for the security key, again when none was touched, and from the beginning when it is the wrong one', async () => {
    signIn.mockResolvedValue('key');
    await givePassword();
    expect(page.querySelector('h1')?.textContent).toBe('Sicherheitsschlüssel bestätigen');
    confirmKey.mockRejectedValueOnce(new SignInError('key-cancelled'));
    await submit();
    expect(alert()).toBe('Es wurde kein Schlüssel bestätigt. Versuchen Sie es noch einmal.');
    expect(page.querySelector('h1')?.textContent).toBe('Sicherheitsschlüssel bestätigen');
    confirmKey.mockRejectedValueOnce(new SignInError('key-wrong'));
    await submit();
    expect(alert()).toContain('Dieser Sicherheitsschlüssel wurde nicht angenommen.');
    expect(page.querySelector('h1')?.textContent).toBe('Anmelden');
    await givePassword();
    confirmKey.mockResolvedValue('done');
    await submit();
    expect(navigateByUrl).toHaveBeenCalledWith('/market/offers');
  });

  it('registers the first key with the code where everybody needs one', async () => {
    signIn.mockResolvedValue('first-key');
    registerFirstKey.mockResolvedValue('done');
    await givePassword();
    await submit();
    expect(alert()).toBe('Bitte geben Sie den Einmalcode und einen Namen für den Schlüssel an.');
    await type('code', ' ABCD-EFGH-JKMN ');
    await type('key-name', 'blau');
    await submit();
    expect(registerFirstKey).toHaveBeenCalledWith('ABCD-EFGH-JKMN', 'blau');
    expect(navigateByUrl).toHaveBeenCalledWith('/market/offers');
  });
});
