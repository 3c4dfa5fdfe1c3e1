/** Offers (M-OFF). */
import { Name, check } from "proton-tsc";
import { Point, pointOf } from "../shared/registry_view";
import { checkAuthority } from "../shared/rules";
import { amount, now, slotKey } from "../shared/values";
import { Book } from "./ledger";
import { checkOpen, checkTradable, gateOf, marketOf, paramsOf, pricesOf } from "./markets";
import { Status, addToIndexes, countSlot, setStatus } from "./offerbook";
import { contractAt } from "./passive";
import { Forecast, Market, Offer, Params, UnitForecast, forecasts, markets, offers, sellerKeys } from "./tables";
import { deals } from "./waytables";

/** A unit's energy for a slot, offered from a start price on. */
export function placeOffer(market: Name, seller: Name, unit: u32, slot: u32, energy: u32, startPrice: u32, key: u64): void {
    checkAuthority(seller, "M-OFF-01");
    new Draft(market, seller, unit, slot, energy, startPrice, key).make();
}

/** An offer that nothing speaks against, not yet made: all checks but the seller's authority. */
export class Draft {
    readonly book: Book;
    readonly params: Params;
    readonly maximum: UnitForecast;
    readonly point: Point;
    private row: Market;
    private forecast: Forecast;
    private offer: Offer = new Offer();

    constructor(private market: Name, seller: Name, unit: u32, slot: u32, energy: u32, startPrice: u32, key: u64) {
        this.row = marketOf(market);
        const pointId = pointOf(market, unit);
        check(pointId != 0, "M-REG-02: the unit is not registered in this market");
        this.point = Point.of(market, pointId)!;
        check(this.point.account == seller, "M-OFF-01: the unit belongs to another participant");
        const sellerKey = slotKey(slot, this.point.participant);
        check(!isRepeated(market, sellerKey, key), "M-OFF-07: this offer is placed already");
        const params = paramsOf(market, slot);
        this.params = params;
        checkTradable(this.row, slot, params, "M-OFF-02");
        check(contractAt(market, unit, slot) == null, "M-PAS-02: the unit is passive in this slot");
        const deal = deals(market).get(slotKey(slot, unit));
        check(deal == null || deal.offer == 0, "M-PAS-02: the unit is sold peer-to-peer in this slot");
        check(energy > 0, "M-OFF-03: the energy must be above 0");
        check(
            startPrice >= params.min_price && startPrice <= params.max_price,
            "M-OFF-04: the start price lies outside the market's bounds",
        );
        const forecast = forecasts(market).get(slotKey(slot, pointId));
        check(forecast != null, "M-OFF-03: no forecast is recorded for this unit's point and slot");
        this.forecast = forecast!;
        const maximum = lineOf(forecast!, unit);
        check(maximum != null, "M-OFF-03: no forecast maximum is recorded for this unit and slot");
        this.maximum = maximum!;
        check(
            <u64>maximum!.offered_wh + energy <= maximum!.max_wh,
            "M-OFF-03: all offers together exceed the forecast maximum",
        );
        check(maximum!.offers < params.max_offers, "M-RAM-03: the unit has as many offers for this slot as it may have");
        const lock = penaltyFor(market, slot, energy, startPrice);
        this.book = new Book(market);
        check(this.book.of(seller).available >= lock, "M-OFF-06: too little money is available to cover a shortfall");

        const offer = this.offer;
        offer.seller = seller;
        offer.unit = unit;
        offer.point = pointId;
        offer.slot = slot;
        offer.energy_wh = energy;
        offer.start_price = startPrice;
        offer.closes_at = <u32>gateOf(slot, params);
        offer.lock = lock;
        offer.client_key = key;
        offer.seller_key = sellerKey;
    }

    /** The offer, with the seller's lock and its share of the forecast maximum. Writes the accounts in `book`. */
    make(): Offer {
        const offer = this.offer;
        const account = this.book.of(offer.seller);
        account.available -= offer.lock;
        account.locked += offer.lock;
        this.book.save();
        this.maximum.offered_wh += offer.energy_wh;
        this.maximum.offers++;
        forecasts(this.market).change(this.forecast.key, this.forecast);
        offer.id = this.row.next_offer;
        this.row.next_offer++;
        markets().change(this.market.N, this.row);
        addToIndexes(this.market, offer);
        offers(this.market).add(offer.id, offer);
        countSlot(this.market, offer.slot, 1, 1);
        return offer;
    }
}

/** An offer without a bid may be withdrawn before the gate; its share of the maximum is free again. */
export function retractOffer(market: Name, seller: Name, id: u64): void {
    checkAuthority(seller, "M-OFF-01");
    checkOpen(market);
    const table = offers(market);
    const offer = table.get(id);
    if (offer == null) {
        check(false, "M-OFF-05: there is no such offer");
        return;
    }
    check(offer.seller == seller, "M-OFF-01: the offer belongs to another participant");
    check(offer.status == Status.OPEN, "M-OFF-05: the offer is not open");
    check(offer.bidder.N == 0, "M-OFF-05: the offer has a bid");
    check(<i64>now() < gateOf(offer.slot, paramsOf(market, offer.slot)), "M-OFF-05: the gate of this slot is closed");

    releaseLock(market, offer);
    const maxima = forecasts(market);
    const forecast = maxima.get(slotKey(offer.slot, offer.point))!;
    lineOf(forecast, offer.unit)!.offered_wh -= offer.energy_wh;
    maxima.change(forecast.key, forecast);
    setStatus(market, offer, Status.WITHDRAWN);
    table.change(id, offer);
    countSlot(market, offer.slot, -1, -1);
}

/** The seller's lock of an offer that came to nothing is his again. */
export function releaseLock(market: Name, offer: Offer): void {
    if (offer.lock == 0) return;
    const book = new Book(market);
    const account = book.of(offer.seller);
    account.available += offer.lock;
    account.locked -= offer.lock;
    book.save();
}

/** M-OFF-06: what the seller would pay for energy that he then does not feed in (M-SET-02). */
export function penaltyFor(market: Name, slot: u32, energy: u32, price: u32): i64 {
    const evuSell = pricesOf(market, slot).evu_sell;
    return evuSell > price ? amount(energy, evuSell - price) : 0;
}

function lineOf(forecast: Forecast, unit: u32): UnitForecast | null {
    for (let i = 0; i < forecast.units.length; i++) {
        if (forecast.units[i].unit == unit) return forecast.units[i];
    }
    return null;
}

/** M-OFF-07: whether an offer of this participant's for this slot has the same key. */
function isRepeated(market: Name, sellerKey: u64, key: u64): bool {
    const index = sellerKeys(market);
    const table = offers(market);
    for (let at = index.from(sellerKey), end = index.after(sellerKey); at >= 0 && at != end; at = index.next(at)) {
        if (table.get(index.id)!.client_key == key) return true;
    }
    return false;
}
