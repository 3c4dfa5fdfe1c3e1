import { Injectable, inject } from '@angular/core';
import { Observable, firstValueFrom, map, shareReplay } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import {
  MarketAccount,
  MarketBalances,
  MarketBids,
  MarketDay,
  MarketDeposit,
  MarketMoneyMoved,
  MarketOffers,
  MarketParameters,
  MarketUnits,
  MarketWithdrawal,
  NewMarketBid,
  NewMarketOffer,
  PlacedMarketOffer,
  Units,
} from '../api/background-manager-logic/model/models';
import { ForecastConnectorService } from '../api/forecast-connector/api/forecast-connector.service';
import { Maximum } from '../api/forecast-connector/model/maximum';

export type { Maximum };
export type Offer = MarketOffers['items'][number];
export type OfferStatus = Offer['status'];
export type Bid = MarketBids['items'][number];
export type Balance = MarketBalances['items'][number];
export type Rules = MarketParameters['items'][number];
export type Unit = Units['items'][number];
export type MoneyMoved = MarketMoneyMoved;
export type DaySlot = MarketDay['items'][number];

/** What a household is expected to use in a slot. */
export interface Expected {
  readonly start: string;
  readonly at: Date;
  readonly wh: number;
}

/** The greatest page that the services give. */
const MOST = 1000;
/** The standard profile of a household. */
const HOUSEHOLD = 'H0';

/** The market as its pages need it, over the generated clients. */
@Injectable({ providedIn: 'root' })
export class MarketApi {
  private readonly manager = inject(BackgroundManagerLogicService);
  private readonly forecasts = inject(ForecastConnectorService);
  private readonly parametersOnce = this.manager.getParameters({}).pipe(shareReplay({ bufferSize: 1, refCount: true }));

  offers(query: {
    status?: OfferStatus;
    mine?: boolean;
    slotStart?: string;
    limit?: number;
  }): Observable<MarketOffers> {
    return this.manager.getMarketOffers({
      status: query.status,
      slotStart: query.slotStart,
      limit: query.limit ?? MOST,
      ...(query.mine ? { mine: 'true' as const } : {}),
    });
  }

  offer(offerId: number): Observable<Offer> {
    return this.manager.getMarketOffer({ offerId: String(offerId) });
  }

  placeOffer(payload: NewMarketOffer, idempotencyKey: string): Observable<PlacedMarketOffer> {
    return this.manager.postNewMarketOffer({ payload, idempotencyKey });
  }

  withdrawOffer(offerId: number): Observable<unknown> {
    return this.manager.deleteMarketOffer({ offerId: String(offerId) });
  }

  ownBids(limit: number): Observable<MarketBids> {
    return this.manager.getMarketBids({ mine: 'true', limit });
  }

  placeBid(payload: NewMarketBid, idempotencyKey: string): Observable<unknown> {
    return this.manager.postNewMarketBid({ payload, idempotencyKey });
  }

  balances(limit: number): Observable<MarketBalances> {
    return this.manager.getBalances({ limit });
  }

  account(limit: number): Observable<MarketAccount> {
    return this.manager.getMarketAccount({ limit });
  }

  /** MaStR numbers of one's own units that are registered on the market. */
  ownMarketUnits(): Observable<ReadonlySet<string>> {
    return this.manager.getMarketUnits({ limit: MOST }).pipe(map(ownNumbers));
  }

  units(): Observable<Units> {
    return this.manager.getUnits({ limit: MOST });
  }

  maximum(mastrNr: string, slotStart: string, slotS: number): Observable<Maximum> {
    return this.forecasts.getMaxOffer({ mastrNr, slotStart, slotS });
  }

  deposit(payload: MarketDeposit, idempotencyKey: string): Observable<MoneyMoved> {
    return this.manager.postDeposit({ payload, idempotencyKey });
  }

  withdraw(payload: MarketWithdrawal, idempotencyKey: string): Observable<MoneyMoved> {
    return this.manager.postWithdrawal({ payload, idempotencyKey });
  }

  /** A unit's day in the market's zone. */
  day(unitMastrNr: string, date: string): Observable<MarketDay> {
    return this.manager.getDay({ unitMastrNr, date });
  }

  /** What a household of this yearly consumption will probably use, slot by slot; the latest forecast counts. */
  async demand(from: Date, to: Date, kwhAnnum: number): Promise<Expected[]> {
    const query = { unitType: HOUSEHOLD, from: from.toISOString(), to: to.toISOString(), limit: MOST };
    const { items } = await firstValueFrom(this.forecasts.getForecasts(query));
    const latest = new Map<string, Expected & { issued: string }>();
    for (const { slot_start: start, energy_wh, norm_kwh_annum: norm, issued_at: issued, mastr_nr, kind } of items) {
      const known = latest.get(start);
      const isProfile = mastr_nr === undefined && kind === 'consumption' && norm !== undefined;
      if (isProfile && (known === undefined || known.issued < issued)) {
        latest.set(start, { start, at: new Date(start), wh: Math.round((energy_wh * kwhAnnum) / norm), issued });
      }
    }
    return [...latest.values()].sort((a, b) => a.at.getTime() - b.at.getTime());
  }

  parameters(): Observable<MarketParameters> {
    return this.parametersOnce;
  }
}

/** The rules that hold for a slot: the latest of those that begin at or before it. */
export function rulesOf(parameters: Pick<MarketParameters, 'items'>, slotStart: Date): Rules | undefined {
  const begin = (rules: Rules): number => (rules.from_slot === null ? 0 : Date.parse(rules.from_slot));
  return [...parameters.items]
    .filter((rules) => begin(rules) <= slotStart.getTime())
    .sort((a, b) => begin(b) - begin(a))
    .at(0);
}

function ownNumbers(units: MarketUnits): ReadonlySet<string> {
  const own = units.items.filter((unit) => unit.mine).map((unit) => unit.unit_mastr_nr);
  return new Set(own.filter((number) => number !== null));
}
