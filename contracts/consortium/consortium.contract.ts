import { Contract, Name } from "proton-tsc";
import { Producer } from "./tables";
import { setPartners, vote } from "./voting";

/** The partners who run the chain's producers. Privileged. Rules: contracts/README.md, M-CON. */
@contract
export class Consortium extends Contract {
    @action("setpartners")
    setpartners(partners: Name[]): void {
        setPartners(partners);
    }

    @action("vote")
    vote(partner: Name, producers: Producer[]): void {
        vote(partner, producers);
    }
}
