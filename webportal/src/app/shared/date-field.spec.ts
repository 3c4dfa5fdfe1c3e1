import { Component, signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { describe, expect, it } from 'vitest';
import { loadTexts, texts } from '../../testing';
import { parsedDay } from '../core/calendar-dates';
import { Preferences } from '../core/preferences';
import { DateField } from './date-field';

@Component({
  imports: [DateField],
  template: `<app-date-field label="Ab" name="from" min="2026-11-28" [(date)]="date">ein Hinweis</app-date-field>`,
})
class Page {
  readonly date = signal('2026-11-30');
}

describe('a day that is typed or chosen', () => {
  let fixture: ComponentFixture<Page>;
  const input = (): HTMLInputElement => fixture.nativeElement.querySelector('input');

  async function settle(): Promise<void> {
    await fixture.whenStable();
    fixture.detectChanges();
    await fixture.whenStable();
  }

  async function open(language: 'de' | 'en'): Promise<void> {
    TestBed.configureTestingModule({ providers: [texts] });
    await loadTexts();
    TestBed.inject(Preferences).language.set(language);
    fixture = TestBed.createComponent(Page);
    await settle();
  }

  async function type(text: string): Promise<void> {
    input().value = text;
    input().dispatchEvent(new Event('input'));
    input().dispatchEvent(new Event('blur'));
    await settle();
  }

  it('is written in the chosen language, not in the browser’s', async () => {
    await open('de');
    expect(input().value).toBe('30.11.2026');
    TestBed.inject(Preferences).language.set('en');
    await settle();
    await type('01/12/2026');
    expect([fixture.componentInstance.date(), input().value]).toEqual(['2026-12-01', '01/12/2026']);
  });

  it('is empty while what is typed is no day, says so, and keeps what was typed', async () => {
    await open('de');
    await type('31.02.2027');
    expect([fixture.componentInstance.date(), input().value]).toEqual(['', '31.02.2027']);
    expect(fixture.nativeElement.textContent).toContain('Das ist kein Tag. Zum Beispiel 28.11.2026.');
    await type('1.3.2027');
    expect(fixture.componentInstance.date()).toBe('2027-03-01');
    expect(fixture.nativeElement.textContent).toContain('ein Hinweis');
  });

  it('takes a day before the first one: who uses the field says what is wrong', async () => {
    await open('de');
    await type('27.11.2026');
    expect(fixture.componentInstance.date()).toBe('2026-11-27');
    expect(fixture.nativeElement.textContent).toContain('ein Hinweis');
  });

  it('its calendar begins on Monday and speaks the language', async () => {
    await open('de');
    const toggle: HTMLButtonElement = fixture.nativeElement.querySelector('mat-datepicker-toggle button');
    expect(toggle.getAttribute('aria-label')).toBe('Kalender öffnen');
    toggle.click();
    await settle();
    const calendar = document.querySelector('mat-calendar')!;
    expect(calendar.querySelector('th')?.textContent).toContain('Montag');
    expect(calendar.querySelector('[aria-label="Nächster Monat"]')).not.toBeNull();
    expect(calendar.querySelector('[aria-label="27. November 2026"]')?.getAttribute('aria-disabled')).toBe('true');
  });

  it('knows both ways of writing, and no day that the calendar does not have', () => {
    const day = new Date(2026, 10, 28);
    for (const text of ['2026-11-28', '28.11.2026', '28/11/2026', ' 28.11.2026 ']) {
      expect(parsedDay(text)).toEqual(day);
    }
    for (const text of ['', '11/28/2026', '28.11.26', '29.02.2027', 'morgen', '2026-11-28T10:00']) {
      expect(parsedDay(text)).toBeNull();
    }
  });
});
