import { ComponentFixture, TestBed } from '@angular/core/testing';
import { Router } from '@angular/router';
import { vi } from 'vitest';
import { loadTexts, texts } from '../../testing';
import { Identity, SignInError, Step } from '../core/identity';
import { SignIn } from './sign-in';

describe('SignIn', () => {
  const signIn = vi.fn<() => Promise<Step>>();
  const setNewPassword = vi.fn<() => Promise<Step>>();
  const navigateByUrl = vi.fn();
  let fixture: ComponentFixture<SignIn>;
  let page: HTMLElement;

  beforeEach(async () => {
    [signIn, setNewPassword, navigateByUrl].forEach((mock) => mock.mockReset());
    TestBed.configureTestingModule({
      providers: [
        texts,
        { provide: Identity, useValue: { prepare: () => undefined, signIn, setNewPassword, groups: () => ['User'] } },
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
});
