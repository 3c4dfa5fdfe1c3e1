/** Awards (M-AWD): the highest bid wins; without a bid the offer is unsold. */
import { Encoder, Name, check } from "proton-tsc";
import { send } from "../shared/inline";
import { N_ADDTRADED, N_TBIPOOL } from "../shared/names";
import { Point } from "../shared/registry_view";
import { now } from "../shared/values";
import { Book } from "./ledger";
import { checkOpen } from "./markets";
import { Status, countSlot, logAward, setBuyer, setStatus } from "./offerbook";
import { releaseLock } from "./offers";
import { Offer, offers } from "./tables";

/** Anyone may call it. */
export function award(market: Name, id: u64): void {
    checkOpen(market);
    const table = offers(market);
    const offer = table.get(id);
    if (offer == null || offer.status != Status.OPEN) {
        check(false, "M-AWD-02: there is no such offer to be awarded");
        return;
    }
    check(now() >= offer.closes_at, "M-AWD-01: the auction is still open");
    if (offer.bidder.N != 0) {
        sell(market, offer, new Book(market).of(offer.bidder).participant);
    } else {
        releaseLock(market, offer);
        setStatus(market, offer, Status.UNSOLD);
        countSlot(market, offer.slot, -1, -1);
    }
    table.change(id, offer);
    logAward(market, offer);
}

/** To the participant who has bid (0: the EVU); the caller writes the row. */
export function sell(market: Name, offer: Offer, buyer: u32): void {
    setBuyer(market, offer, buyer);
    setStatus(market, offer, Status.AWARDED);
    countSlot(market, offer.slot, -1, 0);
    tellPool(market, offer);
}

/** Traded energy counts in the seller's group (M-POO-01). */
function tellPool(market: Name, offer: Offer): void {
    const data = new Encoder(8 + 4 + 8 + 8);
    data.packName(market);
    data.packNumber<u32>(offer.slot);
    data.packName(Point.of(market, offer.point)!.group);
    data.packNumber<u64>(offer.energy_wh);
    send(N_TBIPOOL, N_ADDTRADED, data);
}
