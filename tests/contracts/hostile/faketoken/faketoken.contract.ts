import { Contract, Name } from "proton-tsc";
import { Asset } from "../shared/asset";
import { require_recipient } from "../shared/env";

/** A token that asks nobody: whoever calls moves whatever from whomever, and tells both. It looks like EUR. */
@contract
export class FakeToken extends Contract {
    @action("transfer")
    transfer(from: Name, to: Name, quantity: Asset, memo: string): void {
        require_recipient(from.N);
        require_recipient(to.N);
    }
}
