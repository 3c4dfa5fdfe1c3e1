/** Power2X tokens (M-P2X): one per kWh that the EVU took over and converts. */
import { Encoder, Name, check } from "proton-tsc";
import { Asset, PTX } from "../shared/asset";
import { send } from "../shared/inline";
import { N_ISSUE, N_TBIMARKET, N_TBITOKEN, N_TRANSFER } from "../shared/names";
import { checkAuthority } from "../shared/rules";
import { marketOf } from "./markets";
import { takeovers } from "./waytables";

const WH_PER_KWH: u64 = 1000;

/** The token's issuer is the market: nothing else makes any. */
export function mintP2x(market: Name, slot: u32, kwh: u32): void {
    const evu = marketOf(market).evu;
    checkAuthority(evu, "M-P2X-01");
    check(kwh > 0, "M-P2X-01: the quantity must be above 0");
    const table = takeovers(market);
    const row = table.get(slot);
    const energy = kwh * WH_PER_KWH;
    if (row == null || row.minted_wh + energy > row.swept_wh + row.passive_wh + row.unused_wh) {
        check(false, "M-P2X-01: the EVU took over less than that in this slot");
        return;
    }
    row.minted_wh += energy;
    table.change(slot, row);

    const quantity = new Asset(kwh, PTX);
    const memo = market.toString();
    const issue = new Encoder(8 + 16 + 1 + 13);
    issue.packNumber<u64>(N_TBIMARKET);
    issue.pack(quantity);
    issue.packString(memo);
    send(N_TBITOKEN, N_ISSUE, issue);
    const transfer = new Encoder(8 + 8 + 16 + 1 + 13);
    transfer.packNumber<u64>(N_TBIMARKET);
    transfer.packName(evu);
    transfer.pack(quantity);
    transfer.packString(memo);
    send(N_TBITOKEN, N_TRANSFER, transfer);
}
