/** Settlement of sold offers (M-SET), with every unit of money accounted for (M-LED-03). */
import { Encoder, Name, check } from "proton-tsc";
import { send } from "../shared/inline";
import { N_LOGSETTLE, N_TBIMARKET } from "../shared/names";
import { Point, pointsOf } from "../shared/registry_view";
import { amount, now, slotKey } from "../shared/values";
import { Arrival } from "./delivery";
import { Book } from "./ledger";
import { deadlineOf, marketOf, paramsOf, pricesOf } from "./markets";
import { Status, countSlot, isSold, logAward, setStatus } from "./offerbook";
import { penaltyFor } from "./offers";
import { countTakeover } from "./takeovers";
import { Account, Balance, Market, Offer, Reading, balances, buyerKeys, offers, readings, sellerKeys, slots } from "./tables";

/** Settles one sold offer. Anyone may call it. */
export function settle(market: Name, id: u64): void {
    const row = marketOf(market);
    const table = offers(market);
    const offer = table.get(id);
    if (offer == null || (offer.status != Status.AWARDED && offer.status != Status.UNFUNDED)) {
        check(false, "M-SET-06: there is no such sold offer to be settled");
        return;
    }
    checkDecided(market, offer.slot);
    const balance = new Balance();
    balance.offer = id;
    balance.seller = offer.seller;
    balance.buyer = offer.bidder;
    balance.slot = offer.slot;
    balance.price = offer.bid_price;
    balance.sold_wh = offer.energy_wh;
    measure(row, offer, balance);
    price(market, offer, balance);

    const book = new Book(market);
    const evu = book.of(row.evu);
    if (!canBear(market, evu, balance.shortfall + balance.penalty - balance.surplus, offer.slot)) {
        check(offer.status != Status.UNFUNDED, "M-LED-04: the EVU's account is still too low");
        setStatus(market, offer, Status.UNFUNDED);
        table.change(id, offer);
        logAward(market, offer);
        return;
    }
    pay(book, evu, offer, balance);
    setStatus(market, offer, Status.SETTLED); // and never again (M-SET-06)
    table.change(id, offer);
    countSlot(market, offer.slot, 0, -1);
    if (balance.difference_wh > 0) countTakeover(market, offer.slot, 0, 0, <u32>balance.difference_wh);
    balance.settled_at = <u32>now();
    balances(market).add(id, balance); // M-SET-05
    log(market, balance);
}

/** M-SET-07: nothing of a slot settles before all its offers are decided. */
export function checkDecided(market: Name, slot: u32): void {
    const state = slots(market).get(slot);
    check(state == null || state.undecided == 0, "M-SET-07: an offer of this slot is not decided yet");
}

/** M-LED-04: whether the EVU's account stays above minus its credit line. What adds to it can always be borne. */
export function canBear(market: Name, evu: Account, change: i64, slot: u32): bool {
    return change >= 0 || evu.available + change >= -paramsOf(market, slot).credit_line;
}

/** A point's reading that settles; nothing when it is missing or a record only (M-DEL-04). */
export function settlingReading(market: Name, slot: u32, point: u32): Reading | null {
    const reading = readings(market).get(slotKey(slot, point));
    return reading == null || reading.status == Arrival.RECORD_ONLY ? null : reading;
}

/** The energies: M-SET-01 for the seller, M-SET-03 for the buyer, M-SET-04 when a reading is missing. */
function measure(market: Market, offer: Offer, balance: Balance): void {
    const reading = settlingReading(market.market, offer.slot, offer.point);
    const buyer = new Consumption(market.market, offer);
    if (reading == null || !buyer.isComplete) {
        check(now() > deadlineOf(market, offer.slot), "M-SET-04: readings are missing and the deadline has not passed");
    }
    let fedIn: u32 = 0;
    if (reading != null) {
        for (let i = 0; i < reading.units.length; i++) {
            if (reading.units[i].unit != offer.unit) continue;
            fedIn = reading.units[i].fed_in_wh;
            balance.produced_wh = reading.units[i].produced_wh;
        }
    }
    balance.delivered_wh = covered(offer, fedIn, soldBefore(market.market, offer));
    balance.consumed_wh =
        buyer.isEvu || !buyer.isComplete ? offer.energy_wh : covered(offer, buyer.energy, boughtBefore(market.market, offer));
    balance.difference_wh = <i64>balance.delivered_wh - balance.consumed_wh;
}

/** What the buyer's points, those registered when the slot began, took from the grid. */
class Consumption {
    energy: u64 = 0;
    isComplete: bool = true;
    isEvu: bool = false;

    constructor(market: Name, offer: Offer) {
        const participant = <u32>offer.buyer_key;
        this.isEvu = participant == 0;
        const points = pointsOf(market, participant); // none for the EVU
        for (let i = 0; i < points.length; i++) {
            if (Point.of(market, points[i])!.since > offer.slot) continue;
            const reading = settlingReading(market, offer.slot, points[i]);
            if (reading == null) {
                this.isComplete = false;
            } else {
                this.energy += reading.consumed_wh;
            }
        }
    }
}

/** The part of an offer's energy that is left for it after the offers before it. */
function covered(offer: Offer, energy: u64, before: u64): u32 {
    const left = energy > before ? energy - before : 0;
    return left < offer.energy_wh ? <u32>left : offer.energy_wh;
}

/** Energy of the same unit and slot sold by offers with lower ids. */
function soldBefore(market: Name, offer: Offer): u64 {
    const index = sellerKeys(market);
    const table = offers(market);
    let energy: u64 = 0;
    for (let at = index.from(offer.seller_key), end = index.after(offer.seller_key); at >= 0 && at != end; at = index.next(at)) {
        if (index.id >= offer.id) break; // an index key's entries stand in the order of ids
        const other = table.get(index.id)!;
        if (other.unit == offer.unit && isSold(other)) energy += other.energy_wh;
    }
    return energy;
}

/** Energy that the buyer bought in the slot by offers with lower ids. */
function boughtBefore(market: Name, offer: Offer): u64 {
    const index = buyerKeys(market);
    const table = offers(market);
    let energy: u64 = 0;
    for (let at = index.from(offer.buyer_key), end = index.after(offer.buyer_key); at >= 0 && at != end; at = index.next(at)) {
        if (index.id >= offer.id) break;
        energy += table.get(index.id)!.energy_wh;
    }
    return energy;
}

/** The amounts: M-SET-02 and M-SET-03. */
function price(market: Name, offer: Offer, balance: Balance): void {
    const shortfall = balance.sold_wh - balance.delivered_wh;
    balance.to_seller = amount(balance.delivered_wh, offer.bid_price);
    balance.shortfall = amount(shortfall, offer.bid_price);
    balance.penalty = penaltyFor(market, offer.slot, shortfall, offer.bid_price);
    balance.surplus = amount(balance.sold_wh - balance.consumed_wh, pricesOf(market, offer.slot).evu_buy);
}

/** What rounding leaves stays with the payer. */
function pay(book: Book, evu: Account, offer: Offer, balance: Balance): void {
    const buyer = book.of(offer.bidder);
    const lock = amount(offer.energy_wh, offer.bid_price);
    buyer.locked -= lock;
    buyer.available += lock - balance.to_seller - balance.shortfall + balance.surplus;
    buyer.bids--;
    const seller = book.of(offer.seller);
    seller.locked -= offer.lock;
    seller.available += offer.lock + balance.to_seller - balance.penalty;
    evu.available += balance.shortfall + balance.penalty - balance.surplus;
    book.save();
}

function log(market: Name, balance: Balance): void {
    const data = new Encoder(8 + balance.getSize());
    data.packName(market);
    data.pack(balance);
    send(N_TBIMARKET, N_LOGSETTLE, data);
}
