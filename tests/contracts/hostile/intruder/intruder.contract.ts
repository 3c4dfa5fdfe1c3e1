import { Contract, Encoder, Name, Table, check } from "proton-tsc";
import { Asset } from "../shared/asset";
import { current_receiver, db_find_i64, db_get_i64, db_store_i64, require_recipient, send_inline } from "../shared/env";
import { send } from "../shared/inline";
import { N_ACTIVE, N_OFFERS, N_TBIMARKET } from "../shared/names";
import { Rows } from "../shared/rows";

const N_ARMED: u64 = 0x35e4a48000000000; // armed
const N_WITHDRAW: u64 = 0xe3b2d4dcdc000000; // withdraw
const N_INSIST: u64 = 0x74f0ec6400000000; // insist

// an offer's row (tbimarket/tables.ts), as far as it decides
const ROW = memory.data(64);
const CLOSES_AT = 36;
const STATUS = 40;
const BIDDER = 45;

/** What it does when it hears of a transfer. */
namespace Mood {
    export const THROW: u8 = 1;
    export const FORWARD: u8 = 2; // tells `other`, too
    export const BILL: u8 = 3; // has the sender pay for a row
    export const WITHDRAW: u8 = 4; // asks the market `other` for as much again
}

/** What this account does when it is told of a transfer. Scope: the account. */
@table("armed")
export class Armed extends Table {
    id: u64 = 0;
    mood: u8 = 0;
    other: Name = new Name();

    @primary
    get primary(): u64 {
        return this.id;
    }
}

/** What an attacker would put on an account of his own. */
@contract
export class Intruder extends Contract {
    @action("arm")
    arm(mood: u8, other: Name): void {
        const row = new Armed();
        row.mood = mood;
        row.other = other;
        armed().put(0, row);
    }

    @action("transfer", notify)
    transfer(from: Name, to: Name, quantity: Asset, memo: string): void {
        const row = armed().get(0);
        if (row == null) return;
        check(row.mood != Mood.THROW, "no");
        if (row.mood == Mood.FORWARD) require_recipient(row.other.N);
        if (row.mood == Mood.BILL) storeAtCostOf(from);
        if (row.mood == Mood.WITHDRAW && from.N == N_TBIMARKET) withdrawAgain(row.other, quantity);
    }

    /** Has `victim` pay for a row. */
    @action("bill")
    bill(victim: Name): void {
        storeAtCostOf(victim);
    }

    /** Sends an action as if `actor` had signed it. */
    @action("relay")
    relay(actor: Name, account: Name, name: Name, data: u8[]): void {
        const message = new Encoder(8 + 8 + 1 + 16 + 5 + data.length);
        message.packNumber<u64>(account.N);
        message.packNumber<u64>(name.N);
        message.packLength(1);
        message.packNumber<u64>(actor.N);
        message.packNumber<u64>(N_ACTIVE);
        message.packNumberArray<u8>(data);
        send_inline(message.buf.dataStart, message.pos);
    }

    /** Sends an action by its own right, and undoes everything when the offer does not then stand as it likes. */
    @action("gamble")
    gamble(account: Name, name: Name, data: u8[], market: Name, offer: u64, status: u8, bidder: Name, closes_at: u32): void {
        this.relay(this.receiver, account, name, data);
        const wish = new Encoder(8 + 8 + 1 + 8 + 4);
        wish.packNumber<u64>(market.N);
        wish.packNumber<u64>(offer);
        wish.packNumber<u8>(status);
        wish.packNumber<u64>(bidder.N);
        wish.packNumber<u32>(closes_at);
        send(this.receiver.N, N_INSIST, wish);
    }

    @action("insist")
    insist(market: Name, offer: u64, status: u8, bidder: Name, closes_at: u32): void {
        const at = db_find_i64(N_TBIMARKET, market.N, N_OFFERS, offer);
        check(at >= 0, "gone");
        db_get_i64(at, ROW, 64);
        const stands = load<u8>(ROW, STATUS) == status && load<u64>(ROW, BIDDER) == bidder.N;
        check(stands && load<u32>(ROW, CLOSES_AT) <= closes_at, "a losing outcome");
    }
}

function armed(): Rows<Armed> {
    return new Rows<Armed>(current_receiver(), current_receiver(), N_ARMED);
}

function storeAtCostOf(payer: Name): void {
    const data = new Array<u8>(1024);
    db_store_i64(current_receiver(), N_ARMED, payer.N, 1, data.dataStart, data.length);
}

function withdrawAgain(market: Name, quantity: Asset): void {
    const data = new Encoder(8 + 8 + 16);
    data.packNumber<u64>(market.N);
    data.packNumber<u64>(current_receiver());
    data.pack(quantity);
    send(N_TBIMARKET, N_WITHDRAW, data);
}
