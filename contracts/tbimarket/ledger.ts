/** The ledger (M-LED): who has how much available and locked in a market. Every unit that enters leaves (M-LED-03). */
import { Encoder, Name, check } from "proton-tsc";
import { Asset, EUR } from "../shared/asset";
import { send } from "../shared/inline";
import { N_TBIMARKET, N_TBITOKEN, N_TRANSFER } from "../shared/names";
import { participantOf } from "../shared/registry_view";
import { Rows } from "../shared/rows";
import { checkAuthority } from "../shared/rules";
import { spelled } from "../shared/values";
import { checkOpen } from "./markets";
import { Account, ledger } from "./tables";

/** What the market makes of a transfer to it (M-LED-01). `token` is the contract that has sent the notification. */
export function deposit(token: Name, from: Name, to: Name, quantity: Asset, memo: string): void {
    if (from.N == N_TBIMARKET || to.N != N_TBIMARKET) return;
    check(token.N == N_TBITOKEN, "M-LED-01: only the token of tbitoken is money here");
    check(quantity.symbol == EUR, "M-LED-01: only EUR with 6 decimals is taken");
    const market = new Name(spelled(memo));
    check(market.N != 0, "M-MKT-01: the memo must be the name of a market");
    checkOpen(market);
    const book = new Book(market);
    const account = book.find(from);
    check(account != null, "M-LED-05: only a participant of the market or its EVU has an account");
    account!.available += quantity.amount;
    book.save();
}

export function withdraw(market: Name, owner: Name, quantity: Asset): void {
    checkAuthority(owner, "M-LED-02");
    checkOpen(market);
    check(quantity.symbol == EUR && quantity.amount > 0, "M-LED-02: the quantity must be an amount of EUR above 0");
    const table = ledger(market);
    const account = table.get(owner.N);
    if (account == null || account.available < quantity.amount) {
        check(false, "M-LED-02: less than that is available");
        return;
    }
    account.available -= quantity.amount;
    table.change(owner.N, account);

    const memo = market.toString();
    const data = new Encoder(8 + 8 + 16 + 1 + 13);
    data.packNumber<u64>(N_TBIMARKET);
    data.packName(owner);
    data.pack(quantity);
    data.packString(memo);
    send(N_TBITOKEN, N_TRANSFER, data);
}

/** The accounts of one action: each is read once and written once, also when two of its parties are the same. */
export class Book {
    private rows: Rows<Account>;
    private held: Account[] = [];
    private isNew: bool[] = [];

    constructor(private market: Name) {
        this.rows = ledger(market);
    }

    /** The account, made anew for a participant who has none yet; nothing for a stranger (M-LED-05). */
    find(owner: Name): Account | null {
        for (let i = 0; i < this.held.length; i++) {
            if (this.held[i].owner == owner) return this.held[i];
        }
        const row = this.rows.get(owner.N);
        if (row != null) return this.hold(row, false);
        const participant = participantOf(this.market, owner);
        return participant == 0 ? null : this.hold(fresh(owner, participant), true);
    }

    /** The account of somebody who is known to take part. */
    of(owner: Name): Account {
        return this.find(owner)!;
    }

    /** Writes what was found. An account that was made and stayed empty is not written. */
    save(): void {
        for (let i = 0; i < this.held.length; i++) {
            const row = this.held[i];
            if (!this.isNew[i]) {
                this.rows.change(row.owner.N, row);
            } else if (row.available != 0 || row.locked != 0 || row.bids != 0) {
                this.rows.add(row.owner.N, row);
            }
        }
    }

    private hold(row: Account, isNew: bool): Account {
        this.held.push(row);
        this.isNew.push(isNew);
        return row;
    }
}

function fresh(owner: Name, participant: u32): Account {
    const row = new Account();
    row.owner = owner;
    row.participant = participant;
    return row;
}
