/** Bids (M-BID): an open ascending auction with a soft close. Only the highest bid is kept; all stand in the blocks (M-BID-06). */
import { Name, check } from "proton-tsc";
import { checkAuthority } from "../shared/rules";
import { amount, now } from "../shared/values";
import { Book } from "./ledger";
import { checkOpen, paramsOf } from "./markets";
import { Status, setClosing } from "./offerbook";
import { Offer, Params, offers } from "./tables";

export function placeBid(market: Name, bidder: Name, id: u64, price: u32): void {
    checkAuthority(bidder, "M-BID-07");
    checkOpen(market);
    const table = offers(market);
    const offer = table.get(id);
    if (offer == null || offer.status != Status.OPEN || now() >= offer.closes_at) {
        check(false, "M-BID-01: the auction of this offer is closed");
        return;
    }
    check(offer.seller != bidder, "M-BID-03: nobody bids on his own offer");
    const params = paramsOf(market, offer.slot);
    const hasBid = offer.bidder.N != 0;
    checkPrice(price, hasBid ? <u64>offer.bid_price + params.tick : offer.start_price);
    const book = new Book(market);
    const account = book.find(bidder); // a participant's, or the EVU's (M-EVU-01)
    if (account == null) {
        check(false, "M-BID-07: only a participant of the market or its EVU bids");
        return;
    }
    const raisesOwn = offer.bidder == bidder;
    check(raisesOwn || account.bids < params.max_bids, "M-BID-08: as many highest bids as allowed are held already");
    const lock = amount(offer.energy_wh, price);
    const released = hasBid ? amount(offer.energy_wh, offer.bid_price) : 0;
    check(account.available + (raisesOwn ? released : 0) >= lock, "M-BID-04: too little money is available for this bid");

    if (hasBid) {
        const outbid = book.of(offer.bidder);
        outbid.available += released;
        outbid.locked -= released;
        outbid.bids--;
    }
    account.available -= lock;
    account.locked += lock;
    account.bids++;
    book.save();
    offer.bid_price = price;
    offer.bidder = bidder;
    setClosing(market, offer, closing(offer, params));
    table.change(id, offer);
}

function checkPrice(price: u32, least: u64): void {
    if (price < least) check(false, "M-BID-02: the price must be at least " + least.toString());
}

/** M-BID-05, the soft close: a late bid leaves the others time to answer. */
function closing(offer: Offer, params: Params): u32 {
    const time = <i64>now();
    if (time <= <i64>offer.closes_at - params.extend_s) return offer.closes_at;
    const extended = min<i64>(time + params.extend_s, <i64>offer.slot - params.settle_gap_s);
    return <u32>max<i64>(offer.closes_at, extended);
}
