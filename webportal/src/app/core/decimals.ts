/** What a person types as a number, as the decimal string or whole number that the interfaces take. No floats. */

/** `28,75` or `28.75` as `28.75`; null when it is no number of that kind. At most `places` decimals, not negative. */
export function toDecimal(typed: string, places = 4): string | null {
  const found = /^\s*(\d{1,9})(?:[.,](\d+))?\s*$/.exec(typed);
  if (found === null || (found[2] ?? '').length > places) {
    return null;
  }
  const whole = found[1].replace(/^0+(?=\d)/, '');
  return found[2] ? `${whole}.${found[2]}` : whole;
}

/** kWh as typed, in whole Wh; null when it is no energy of whole Wh. */
export function toWh(typed: string): number | null {
  const text = toDecimal(typed, 3);
  if (text === null) {
    return null;
  }
  const [whole, part = ''] = text.split('.');
  return Number(whole) * 1000 + Number(part.padEnd(3, '0'));
}

/** A decimal string in units of 1/10000, for comparisons. */
export function tenThousandths(decimal: string): number {
  const [whole, part = ''] = decimal.split('.');
  return Number(whole) * 10_000 + Number(part.padEnd(4, '0').slice(0, 4));
}

/** The same backwards: 287500 is `28.75`. */
export function fromTenThousandths(units: number): string {
  const text = String(units).padStart(5, '0');
  const part = text.slice(-4).replace(/0{1,2}$/, '');
  return `${text.slice(0, -4)}.${part}`;
}
