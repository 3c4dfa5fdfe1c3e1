/** Peer-to-peer deals (M-P2P): an accepted one is an offer that is bid for and awarded in the same action. */
import { Name, check } from "proton-tsc";
import { participantOf } from "../shared/registry_view";
import { checkAuthority } from "../shared/rules";
import { amount, slotKey } from "../shared/values";
import { sell } from "./awards";
import { checkOpen, marketOf } from "./markets";
import { logAward } from "./offerbook";
import { Draft } from "./offers";
import { offers } from "./tables";
import { Deal, deals } from "./waytables";

/** What both must sign alike. */
export class Terms {
    constructor(
        public seller: Name, public buyer: Name, public unit: u32, public slot: u32, public energy: u32, public price: u32,
        public key: u64,
    ) {}

    get deal(): u64 {
        return slotKey(this.slot, this.unit);
    }

    isOf(deal: Deal): bool {
        return deal.seller == this.seller && deal.buyer == this.buyer && deal.energy_wh == this.energy &&
            deal.price == this.price && deal.client_key == this.key;
    }
}

/** By the seller. Nothing is locked and nobody else bound yet. */
export function proposeDeal(market: Name, terms: Terms): void {
    checkAuthority(terms.seller, "M-P2P-01");
    draftOf(market, terms);
    const isOther = terms.buyer != terms.seller && terms.buyer != marketOf(market).evu;
    check(isOther && participantOf(market, terms.buyer) != 0, "M-P2P-01: the buyer must be another participant of the market");
    const deal = new Deal();
    deal.key = terms.deal;
    deal.seller = terms.seller;
    deal.buyer = terms.buyer;
    deal.energy_wh = terms.energy;
    deal.price = terms.price;
    deal.client_key = terms.key;
    deals(market).put(deal.key, deal);
}

/** Either party takes a proposal off the table. */
export function dropDeal(market: Name, party: Name, unit: u32, slot: u32): void {
    checkAuthority(party, "M-P2P-02");
    checkOpen(market);
    const table = deals(market);
    const deal = table.get(slotKey(slot, unit));
    if (deal == null || deal.offer != 0) {
        check(false, "M-P2P-02: there is no proposal for this unit and slot");
        return;
    }
    check(party == deal.seller || party == deal.buyer, "M-P2P-02: the proposal is between others");
    table.remove(deal.key);
}

/** By the buyer, who names the terms that he signs. */
export function acceptDeal(market: Name, terms: Terms): void {
    checkAuthority(terms.buyer, "M-P2P-01");
    checkOpen(market);
    const table = deals(market);
    const deal = table.get(terms.deal);
    if (deal == null || deal.offer != 0 || !terms.isOf(deal)) {
        check(false, "M-P2P-01: nothing was proposed to this buyer with these terms");
        return;
    }
    const draft = draftOf(market, terms);
    const buyer = draft.book.of(terms.buyer);
    check(buyer.bids < draft.params.max_bids, "M-BID-08: as many highest bids as allowed are held already");
    const lock = amount(terms.energy, terms.price);
    check(buyer.available >= lock, "M-BID-04: too little money is available for this purchase");

    buyer.available -= lock;
    buyer.locked += lock;
    buyer.bids++;
    const offer = draft.make();
    offer.bid_price = terms.price;
    offer.bidder = terms.buyer;
    sell(market, offer, buyer.participant);
    offers(market).change(offer.id, offer);
    deal.offer = offer.id;
    table.change(deal.key, deal);
    logAward(market, offer);
}

function draftOf(market: Name, terms: Terms): Draft {
    const draft = new Draft(market, terms.seller, terms.unit, terms.slot, terms.energy, terms.price, terms.key);
    check(draft.maximum.offered_wh == 0, "M-PAS-02: the unit is offered in this slot");
    return draft;
}
