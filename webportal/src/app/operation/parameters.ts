import { MarketParametersRow } from '../api/background-manager-logic/model/market-parameters-row';
import { MarketPricesRow } from '../api/background-manager-logic/model/market-prices-row';
import { tenThousandths, toDecimal } from '../core/decimals';
import { Formats } from '../core/formats';

type Kind = 'seconds' | 'price' | 'count' | 'money';
export type Name = Exclude<keyof MarketParametersRow, 'from_slot'>;
export type Typed = Readonly<Record<Name, string>>;

/** The market's parameters in the order in which they are shown. */
export const PARAMETERS: readonly { readonly name: Name; readonly kind: Kind }[] = [
  { name: 'lead_s', kind: 'seconds' },
  { name: 'extend_s', kind: 'seconds' },
  { name: 'settle_gap_s', kind: 'seconds' },
  { name: 'deadline_s', kind: 'seconds' },
  { name: 'retain_s', kind: 'seconds' },
  { name: 'tick_ct_per_kwh', kind: 'price' },
  { name: 'min_price_ct_per_kwh', kind: 'price' },
  { name: 'max_price_ct_per_kwh', kind: 'price' },
  { name: 'max_offers', kind: 'count' },
  { name: 'max_bids', kind: 'count' },
  { name: 'credit_line_eur', kind: 'money' },
];
const MOST_SECONDS = 2 ** 32 - 1;

/** A parameter as it is shown. */
export function shownParameter(
  f: Formats,
  row: MarketParametersRow,
  { name, kind }: { name: Name; kind: Kind },
): string {
  const value = row[name];
  switch (kind) {
    case 'seconds':
      return f.duration(Number(value));
    case 'count':
      return f.number(Number(value));
    case 'price':
      return f.price(String(value));
    case 'money':
      return f.money(String(value));
  }
}

/** Which of them differ, for a sentence about a change. */
export function differing(now: MarketParametersRow, then: MarketParametersRow): typeof PARAMETERS {
  return PARAMETERS.filter(({ name }) => String(now[name]) !== String(then[name]));
}

/** What a person types for a row. */
export function toType(f: Formats, row: MarketParametersRow): Typed {
  return Object.fromEntries(PARAMETERS.map(({ name }) => [name, f.decimalToType(plain(String(row[name])))])) as Typed;
}

/** The row without its slot, and what is wrong with what was typed (M-MKT-02): the key of a sentence for each name. */
export function fromTyped(typed: Typed): {
  readonly row: Omit<MarketParametersRow, 'from_slot'>;
  readonly wrong: Readonly<Partial<Record<Name, string>>>;
} {
  const wrong: Partial<Record<Name, string>> = {};
  const row: Record<string, string | number> = {};
  for (const { name, kind } of PARAMETERS) {
    const text = typed[name].trim();
    if (kind === 'price' || kind === 'money') {
      const value = toDecimal(text, kind === 'money' ? 6 : 4);
      row[name] = value ?? '0';
      if (value === null) {
        wrong[name] = kind;
      }
    } else {
      row[name] = Number(text);
      if (!/^\d{1,10}$/.test(text) || Number(text) > MOST_SECONDS) {
        wrong[name] = kind;
      }
    }
  }
  const parameters = row as unknown as Omit<MarketParametersRow, 'from_slot'>;
  const rules: readonly (readonly [Name, boolean])[] = [
    ['lead_s', parameters.lead_s > 0],
    ['settle_gap_s', parameters.settle_gap_s <= parameters.lead_s],
    ['tick_ct_per_kwh', tenThousandths(parameters.tick_ct_per_kwh) >= 1],
    [
      'max_price_ct_per_kwh',
      tenThousandths(parameters.min_price_ct_per_kwh) <= tenThousandths(parameters.max_price_ct_per_kwh),
    ],
    ['max_offers', parameters.max_offers >= 1 && parameters.max_offers <= 16],
    ['max_bids', parameters.max_bids >= 1 && parameters.max_bids <= 256],
  ];
  for (const [name, holds] of rules) {
    if (!holds && wrong[name] === undefined) {
      wrong[name] = name;
    }
  }
  return { row: parameters, wrong };
}

/** Prices as typed, or what is wrong with them: the EVU never buys for more than it sells (M-ADM-03). */
export function pricesTyped(
  buyText: string,
  sellText: string,
): { readonly row: Omit<MarketPricesRow, 'from_slot'> | null; readonly wrong: 'number' | 'order' | null } {
  const [buy, sell] = [toDecimal(buyText), toDecimal(sellText)];
  if (buy === null || sell === null) {
    return { row: null, wrong: 'number' };
  }
  if (tenThousandths(buy) > tenThousandths(sell)) {
    return { row: null, wrong: 'order' };
  }
  return { row: { evu_buy_ct_per_kwh: buy, evu_sell_ct_per_kwh: sell }, wrong: null };
}

/** Without zeros that say nothing. */
export function plain(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/0+$/, '').replace(/\.$/, '') : decimal;
}
