import { fromTenThousandths, tenThousandths, toDecimal, toWh } from './decimals';

describe('numbers as people type them', () => {
  it('takes comma and point', () => {
    expect(toDecimal('28,75')).toBe('28.75');
    expect(toDecimal(' 28.7512 ')).toBe('28.7512');
    expect(toDecimal('007')).toBe('7');
    expect(toDecimal('0,5')).toBe('0.5');
  });

  it('refuses what is no number of that kind', () => {
    for (const typed of ['', '-1', '1,23456', '1.000,5', 'abc', '1e3', ',5', '1,']) {
      expect(toDecimal(typed), typed).toBeNull();
    }
  });

  it('reads kWh as whole Wh', () => {
    expect(toWh('0,812')).toBe(812);
    expect(toWh('2')).toBe(2000);
    expect(toWh('1.5')).toBe(1500);
    expect(toWh('0,0001')).toBeNull();
  });

  it('compares prices in whole units', () => {
    expect(tenThousandths('28.75')).toBe(287_500);
    expect(fromTenThousandths(287_500)).toBe('28.75');
    expect(fromTenThousandths(1)).toBe('0.0001');
    expect(fromTenThousandths(200_000)).toBe('20.00');
  });
});
