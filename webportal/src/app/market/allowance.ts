import { firstValueFrom } from 'rxjs';
import { MarketApi, Maximum } from './market-api';

/** What a unit may still offer in a slot. */
export interface Allowance extends Maximum {
  readonly offered_wh: number;
  readonly left_wh: number;
}

/** The forecast's maximum less what is offered already. */
export async function allowanceOf(api: MarketApi, unit: string, slot: string, slotS: number): Promise<Allowance> {
  const [maximum, offers] = await Promise.all([
    firstValueFrom(api.maximum(unit, slot, slotS)),
    firstValueFrom(api.offers({ mine: true, slotStart: slot })),
  ]);
  const offered = offers.items
    .filter((offer) => offer.unit_mastr_nr === unit && offer.status !== 'withdrawn')
    .reduce((sum, offer) => sum + offer.energy_wh, 0);
  return { ...maximum, offered_wh: offered, left_wh: Math.max(0, maximum.max_energy_wh - offered) };
}
