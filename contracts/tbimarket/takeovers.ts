/** What the EVU takes over, counted per slot (M-SEC-02). */
import { Name } from "proton-tsc";
import { Takeover, takeovers } from "./waytables";

/** Adds energy; without any no row is made. */
export function countTakeover(market: Name, slot: u32, swept: u32, passive: u32, unused: u32): void {
    if (swept == 0 && passive == 0 && unused == 0) return;
    const table = takeovers(market);
    const known = table.get(slot);
    const row = known == null ? new Takeover() : known;
    row.slot = slot;
    row.swept_wh += swept;
    row.passive_wh += passive;
    row.unused_wh += unused;
    if (known == null) {
        table.add(slot, row);
    } else {
        table.change(slot, row);
    }
}
