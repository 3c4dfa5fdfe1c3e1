import { Checksum256, Contract, Name } from "proton-tsc";
import { PublicKey } from "../shared/publickey";
import * as boxes from "./boxes";
import * as events from "./events";
import * as points from "./points";

/** The registry of boxes, metering points and units, and the events for boxes. Rules: contracts/README.md, M-REG and M-EVT. */
@contract
export class Registry extends Contract {
    @action("regbox")
    regbox(market: Name, box: Name, key: PublicKey): void {
        boxes.regBox(market, box, key);
    }

    @action("rekey")
    rekey(market: Name, box: Name, key: PublicKey): void {
        boxes.rekey(market, box, key);
    }

    @action("regpoint")
    regpoint(market: Name, account: Name, box: Name, group: Name, hash: Checksum256): void {
        points.regPoint(market, account, box, group, hash);
    }

    @action("regunit")
    regunit(market: Name, point: u32, hash: Checksum256): void {
        points.regUnit(market, point, hash);
    }

    @action("senddata")
    senddata(market: Name, limit: u32): void {
        events.sendData(market, limit);
    }

    @action("raise")
    raise(market: Name, box: Name, kind: Name, point: u32, slot: u32, energy_wh: u32, buyer: Name): void {
        events.raiseByHand(market, box, kind, point, slot, energy_wh, buyer);
    }

    @action("ack")
    ack(market: Name, box: Name, point: u32, slot: u32): void {
        events.acknowledge(market, box, point, slot);
    }

    @action("expire")
    expire(market: Name, box: Name, limit: u32): void {
        events.expire(market, box, limit);
    }
}
