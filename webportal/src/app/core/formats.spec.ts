import { TestBed } from '@angular/core/testing';
import { loadTexts, texts } from '../../testing';
import { Formats, isDoubledHour } from './formats';
import { Preferences } from './preferences';

describe('Formats', () => {
  let formats: Formats;

  beforeEach(async () => {
    TestBed.configureTestingModule({ providers: [texts] });
    await loadTexts();
    formats = TestBed.inject(Formats);
  });

  it('writes decimals as the language does', () => {
    expect(formats.price('28.7500')).toBe('28,75\u00a0ct/kWh');
    expect(formats.energy(812)).toBe('0,812\u00a0kWh');
    expect(formats.money('12.340000')).toBe('12,34\u00a0€');
    TestBed.inject(Preferences).language.set('en');
    expect(formats.price('28.7512')).toBe('28.7512\u00a0ct/kWh');
    expect(formats.energy(1_234_567)).toBe('1,234.567\u00a0kWh');
  });

  it('never makes a float of money', () => {
    expect(formats.money('123456789012.3401')).toBe('123.456.789.012,3401\u00a0€');
    expect(formats.money('no number')).toBe('no number\u00a0€');
  });

  it('gives differences a sign, and a true minus', () => {
    expect(formats.signedEnergy(-85)).toBe('−0,085\u00a0kWh');
    expect(formats.signedEnergy(85)).toBe('+0,085\u00a0kWh');
    expect(formats.signedEnergy(0)).toBe('0,000\u00a0kWh');
    expect(formats.signedMoney('-0.150000')).toBe('−0,15\u00a0€');
  });

  it('shows a dash for what is not known', () => {
    expect(formats.energy(null)).toBe('–');
    expect(formats.price(undefined)).toBe('–');
    expect(formats.slot(null)).toBe('–');
  });

  it('shows slots on the clock of the market', () => {
    expect(formats.slot('2026-11-28T09:15:00Z', '2026-11-28T09:30:00Z')).toBe('Sa., 28.11.2026, 10:15–10:30');
    expect(formats.slot('2026-07-01T22:00:00Z')).toBe('Do., 02.07.2026, 00:00');
    expect(formats.slot('2026-11-28T09:15:30Z', '2026-11-28T09:15:45Z')).toContain('10:15:30–10:15:45');
  });

  it('tells the two doubled hours of autumn apart', () => {
    const summer = formats.slot('2026-10-25T00:15:00Z', '2026-10-25T00:30:00Z');
    const winter = formats.slot('2026-10-25T01:15:00Z', '2026-10-25T01:30:00Z');
    expect(summer).toBe('So., 25.10.2026, 02:15–02:30 MESZ');
    expect(winter).toBe('So., 25.10.2026, 02:15–02:30 MEZ');
    expect(isDoubledHour(new Date('2026-10-25T02:15:00Z'))).toBe(false);
  });

  it('writes energy as it is typed', () => {
    expect(formats.energyToType(1_234_005)).toBe('1234,005');
  });

  it('tells a length of time in the largest unit that divides it', () => {
    expect([900, 60, 345_600, 7_200, 90, 0].map((seconds) => formats.duration(seconds))).toEqual([
      '15\u00a0Minuten',
      '1\u00a0Minute',
      '4\u00a0Tage',
      '2\u00a0Stunden',
      '90\u00a0Sekunden',
      '0\u00a0Sekunden',
    ]);
    TestBed.inject(Preferences).language.set('en');
    expect(formats.duration(86_400)).toBe('1\u00a0day');
  });

  it('counts down', () => {
    expect(formats.left(185)).toBe('3:05 Min');
    expect(formats.left(3_900)).toBe('1 Std 5 Min');
    expect(formats.left(90_000)).toBe('1 T 1 Std');
    expect(formats.left(-1)).toBe('0:00 Min');
  });
});
