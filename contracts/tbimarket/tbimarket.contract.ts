import { Contract, Name } from "proton-tsc";
import { Asset } from "../shared/asset";
import { award } from "./awards";
import { placeBid } from "./bids";
import { Terms, acceptDeal, dropDeal, proposeDeal } from "./deals";
import { PointReading, deliver } from "./delivery";
import { erase } from "./erasure";
import { PointForecast, recordForecast } from "./forecasts";
import { deposit, withdraw } from "./ledger";
import { checkGovernance, openMarket, setParams, setPrices } from "./markets";
import { placeOffer, retractOffer } from "./offers";
import { mintP2x } from "./p2x";
import { acceptPassive, clearPassive, dropPassive, endPassive, proposePassive } from "./passive";
import { settle } from "./settlement";
import { sweep } from "./surplus";
import { Balance, Market, Params, Prices } from "./tables";

/** The local energy market: ledger, auction, delivery, settlement. Rules: contracts/README.md. */
@contract
export class LocalMarket extends Contract {
    @action("openmarket")
    openmarket(
        market: Name, slot_s: u32, horizon_s: u32, until: u32, operator: Name, evu: Name, params: Params, prices: Prices,
    ): void {
        const row = new Market();
        row.market = market;
        row.slot_s = slot_s;
        row.horizon_s = horizon_s;
        row.until = until;
        row.operator = operator;
        row.evu = evu;
        openMarket(row, params, prices);
    }

    @action("setparams")
    setparams(market: Name, params: Params): void {
        setParams(market, params);
    }

    @action("setprices")
    setprices(market: Name, prices: Prices): void {
        setPrices(market, prices);
    }

    /** A transfer's notification (not an action of this contract: a direct call finds nothing here). */
    @action("transfer", notify)
    transfer(from: Name, to: Name, quantity: Asset, memo: string): void {
        deposit(this.firstReceiver, from, to, quantity, memo);
    }

    @action("withdraw")
    withdraw(market: Name, owner: Name, quantity: Asset): void {
        withdraw(market, owner, quantity);
    }

    @action("forecast")
    forecast(market: Name, slot: u32, points: PointForecast[]): void {
        recordForecast(market, slot, points);
    }

    @action("offer")
    offer(market: Name, seller: Name, unit: u32, slot: u32, energy_wh: u32, start_price: u32, key: u64): void {
        placeOffer(market, seller, unit, slot, energy_wh, start_price, key);
    }

    @action("retract")
    retract(market: Name, seller: Name, offer: u64): void {
        retractOffer(market, seller, offer);
    }

    @action("bid")
    bid(market: Name, bidder: Name, offer: u64, price: u32): void {
        placeBid(market, bidder, offer, price);
    }

    @action("award")
    award(market: Name, offer: u64): void {
        award(market, offer);
    }

    @action("deliver")
    deliver(market: Name, box: Name, slot: u32, readings: PointReading[]): void {
        deliver(market, box, slot, readings);
    }

    @action("settle")
    settle(market: Name, offer: u64): void {
        settle(market, offer);
    }

    @action("sweep")
    sweep(market: Name, slot: u32, point: u32): void {
        sweep(market, slot, point);
    }

    @action("erase")
    erase(market: Name, slot: u32, limit: u32): void {
        erase(market, slot, limit);
    }

    @action("passpropose")
    passpropose(market: Name, unit: u32, price: u32, from_slot: u32, until_slot: u32): void {
        proposePassive(market, unit, price, from_slot, until_slot);
    }

    @action("passdrop")
    passdrop(market: Name, party: Name, unit: u32): void {
        dropPassive(market, party, unit);
    }

    @action("passaccept")
    passaccept(market: Name, owner: Name, unit: u32, price: u32, from_slot: u32, until_slot: u32): void {
        acceptPassive(market, owner, unit, price, from_slot, until_slot);
    }

    @action("passend")
    passend(market: Name, party: Name, unit: u32, from_slot: u32, end_slot: u32): void {
        endPassive(market, party, unit, from_slot, end_slot);
    }

    @action("passclear")
    passclear(market: Name, unit: u32, from_slot: u32): void {
        clearPassive(market, unit, from_slot);
    }

    @action("p2ppropose")
    p2ppropose(market: Name, seller: Name, buyer: Name, unit: u32, slot: u32, energy_wh: u32, price: u32, key: u64): void {
        proposeDeal(market, new Terms(seller, buyer, unit, slot, energy_wh, price, key));
    }

    @action("p2pdrop")
    p2pdrop(market: Name, party: Name, unit: u32, slot: u32): void {
        dropDeal(market, party, unit, slot);
    }

    @action("p2paccept")
    p2paccept(market: Name, buyer: Name, seller: Name, unit: u32, slot: u32, energy_wh: u32, price: u32, key: u64): void {
        acceptDeal(market, new Terms(seller, buyer, unit, slot, energy_wh, price, key));
    }

    @action("mintp2x")
    mintp2x(market: Name, slot: u32, kwh: u32): void {
        mintP2x(market, slot, kwh);
    }

    /** How an offer was decided, or that it could not be paid: for those who watch the blocks. */
    @action("logaward")
    logaward(market: Name, offer: u64, status: u8, buyer: Name, price: u32): void {
        checkGovernance();
    }

    @action("logsettle")
    logsettle(market: Name, balance: Balance): void {
        checkGovernance();
    }

    @action("logsweep")
    logsweep(market: Name, slot: u32, point: u32, energy_wh: u32, amount: i64): void {
        checkGovernance();
    }
}
