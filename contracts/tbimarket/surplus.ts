/** The feed-in of a point that no sold offer took goes to the EVU (M-SET-01, M-SEC-01), of passive units at their contracts' prices (M-PAS-01). */
import { Encoder, Name, check } from "proton-tsc";
import { send } from "../shared/inline";
import { N_LOGSWEEP, N_TBIMARKET } from "../shared/names";
import { Point } from "../shared/registry_view";
import { amount, slotKey } from "../shared/values";
import { Book } from "./ledger";
import { marketOf, pricesOf } from "./markets";
import { isSold } from "./offerbook";
import { contractAt } from "./passive";
import { canBear, checkDecided, settlingReading } from "./settlement";
import { countTakeover } from "./takeovers";
import { Offer, Reading, offers, readings, sellerKeys } from "./tables";

export namespace Surplus {
    export const PENDING: u8 = 0;
    export const SETTLED: u8 = 1;
    export const UNFUNDED: u8 = 2;
}

/** Anyone may call it. */
export function sweep(market: Name, slot: u32, pointId: u32): void {
    const row = marketOf(market);
    const reading = settlingReading(market, slot, pointId);
    if (reading == null || reading.surplus == Surplus.SETTLED) {
        check(false, "M-SEC-01: there is no reading with a surplus to be settled");
        return;
    }
    checkDecided(market, slot);
    const point = Point.of(market, pointId)!;
    const left = new Left(market, slot, slotKey(slot, point.participant), reading);
    const rest = left.energy;
    const worth = left.passiveWorth + amount(rest - left.passive, pricesOf(market, slot).evu_buy);
    const book = new Book(market);
    const evu = book.of(row.evu);
    if (canBear(market, evu, -worth, slot)) {
        evu.available -= worth;
        book.of(point.account).available += worth;
        book.save();
        reading.surplus = Surplus.SETTLED;
        countTakeover(market, slot, rest - left.passive, left.passive, 0);
        log(market, slot, pointId, rest, worth);
    } else {
        check(reading.surplus != Surplus.UNFUNDED, "M-LED-04: the EVU's account is still too low");
        reading.surplus = Surplus.UNFUNDED;
    }
    readings(market).change(reading.key, reading);
}

/** What the units' sold offers left of the feed-in: parts of it, so that none of the sums overflows. */
class Left {
    energy: u32;
    passive: u32 = 0;
    passiveWorth: i64 = 0;

    constructor(market: Name, slot: u32, sellerKey: u64, reading: Reading) {
        this.energy = reading.fed_in_wh;
        const sold = soldBy(market, sellerKey);
        for (let i = 0; i < reading.units.length; i++) {
            const share = reading.units[i];
            let bound: u64 = 0;
            for (let j = 0; j < sold.length; j++) {
                if (sold[j].unit == share.unit) bound += sold[j].energy_wh;
            }
            const taken = bound < share.fed_in_wh ? <u32>bound : share.fed_in_wh;
            this.energy -= taken;
            const contract = contractAt(market, share.unit, slot);
            if (contract == null) continue;
            this.passive += share.fed_in_wh - taken;
            this.passiveWorth += amount(share.fed_in_wh - taken, contract.price);
        }
    }
}

function soldBy(market: Name, sellerKey: u64): Offer[] {
    const index = sellerKeys(market);
    const table = offers(market);
    const sold: Offer[] = [];
    for (let at = index.from(sellerKey), end = index.after(sellerKey); at >= 0 && at != end; at = index.next(at)) {
        const offer = table.get(index.id)!;
        if (isSold(offer)) sold.push(offer);
    }
    return sold;
}

function log(market: Name, slot: u32, point: u32, energy: u32, worth: i64): void {
    const data = new Encoder(8 + 4 + 4 + 4 + 8);
    data.packName(market);
    data.packNumber<u32>(slot);
    data.packNumber<u32>(point);
    data.packNumber<u32>(energy);
    data.packNumber<i64>(worth);
    send(N_TBIMARKET, N_LOGSWEEP, data);
}
