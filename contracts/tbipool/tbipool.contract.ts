import { Contract, Name } from "proton-tsc";
import { addForecast, addMeasured, addTraded } from "./figures";

/** The balancing group pool. Rules: contracts/README.md, M-POO. */
@contract
export class Pool extends Contract {
    @action("addforecast")
    addforecast(market: Name, slot: u32, group: Name, generation_wh: i64, consumption_wh: i64): void {
        addForecast(market, slot, group, generation_wh, consumption_wh);
    }

    @action("addmeasured")
    addmeasured(market: Name, slot: u32, group: Name, fed_in_wh: u64, consumed_wh: u64): void {
        addMeasured(market, slot, group, fed_in_wh, consumed_wh);
    }

    @action("addtraded")
    addtraded(market: Name, slot: u32, group: Name, energy_wh: u64): void {
        addTraded(market, slot, group, energy_wh);
    }
}
