/**
 * How a rule refuses: a text that begins with the rule's id. A text is put together only when the check has failed.
 */
import { Name, check } from "proton-tsc";
import { has_auth, is_account } from "./env";

/** The authority of `account`, or a refusal by `rule`. */
export function checkAuthority(account: Name, rule: string): void {
    if (!has_auth(account.N)) check(false, rule + ": the authority of " + account.toString() + " is missing");
}

export function exists(account: Name): bool {
    return is_account(account.N);
}

/** M-RAM-03: how much one action may do. */
export function checkLimit(limit: u32): void {
    check(limit >= 1 && limit <= 256, "M-RAM-03: a limit lies in 1..256");
}
