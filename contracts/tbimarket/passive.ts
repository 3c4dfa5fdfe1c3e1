/** Passive contracts (M-PAS): a unit sells all its feed-in to the EVU at an agreed price. */
import { Name, check } from "proton-tsc";
import { Point, pointOf } from "../shared/registry_view";
import { checkAuthority } from "../shared/rules";
import { now, slotKey } from "../shared/values";
import { checkOpen, marketOf, paramsOf } from "./markets";
import { Market, params, readings } from "./tables";
import { PassiveContract, PassiveProposal, passiveProposals, passives } from "./waytables";

const MAX_CONTRACTS: i32 = 8;
const MAX_PARAMS: i32 = 32;

/** By the EVU; binds nobody else. */
export function proposePassive(market: Name, unit: u32, price: u32, from: u32, until: u32): void {
    const row = marketOf(market);
    checkAuthority(row.evu, "M-PAS-03");
    const point = pointOf(market, unit);
    check(point != 0, "M-REG-02: the unit is not registered in this market");
    checkAligned(row, from, "M-PAS-04");
    checkAligned(row, until, "M-PAS-04");
    check(until == 0 || until > from, "M-PAS-04: the contract must end after it begins");
    checkBeyondHorizon(row, from, "M-PAS-04");
    const proposal = new PassiveProposal();
    proposal.unit = unit;
    proposal.owner = Point.of(market, point)!.account;
    proposal.price = price;
    proposal.from_slot = from;
    proposal.until_slot = until;
    passiveProposals(market).put(unit, proposal);
}

/** Either party takes a proposal off the table. */
export function dropPassive(market: Name, party: Name, unit: u32): void {
    checkAuthority(party, "M-PAS-03");
    const row = marketOf(market);
    const table = passiveProposals(market);
    const proposal = table.get(unit);
    if (proposal == null) {
        check(false, "M-PAS-03: there is no proposal for this unit");
        return;
    }
    check(party == proposal.owner || party == row.evu, "M-PAS-03: the proposal is another participant's");
    table.remove(unit);
}

/** By the owner, who names the terms that he signs. */
export function acceptPassive(market: Name, owner: Name, unit: u32, price: u32, from: u32, until: u32): void {
    checkAuthority(owner, "M-PAS-03");
    const row = marketOf(market);
    const proposal = passiveProposals(market).get(unit);
    check(
        proposal != null && proposal.owner == owner && proposal.price == price && proposal.from_slot == from &&
            proposal.until_slot == until,
        "M-PAS-03: nothing was proposed to this owner with these terms",
    );
    checkBeyondHorizon(row, from, "M-PAS-04");
    const table = passives(market);
    const last = lastUpTo(market, unit, u32.MAX_VALUE);
    check(
        last == null || (last.until_slot != 0 && last.until_slot <= from),
        "M-PAS-04: the unit's contract before it has not ended",
    );
    check(countOf(market, unit) < MAX_CONTRACTS, "M-RAM-03: a unit has at most 8 contracts");
    const contract = new PassiveContract();
    contract.key = slotKey(unit, from);
    contract.owner = owner;
    contract.price = price;
    contract.until_slot = until;
    table.add(contract.key, contract);
    passiveProposals(market).remove(unit);
}

/** Either party ends a contract from a slot on whose trading has not begun. */
export function endPassive(market: Name, party: Name, unit: u32, from: u32, end: u32): void {
    checkAuthority(party, "M-PAS-05");
    const row = marketOf(market);
    const table = passives(market);
    const contract = table.get(slotKey(unit, from));
    if (contract == null) {
        check(false, "M-PAS-05: there is no such contract");
        return;
    }
    check(party == contract.owner || party == row.evu, "M-PAS-05: the contract is another participant's");
    checkAligned(row, end, "M-PAS-05");
    check(end >= from && (contract.until_slot == 0 || end < contract.until_slot), "M-PAS-05: the contract does not hold then");
    checkBeyondHorizon(row, end, "M-PAS-05");
    if (end == from) {
        table.remove(contract.key);
        return;
    }
    contract.until_slot = end;
    table.change(contract.key, contract);
}

/** Erases a contract by which nothing can be paid any more (M-RAM-01). Anyone may call it. */
export function clearPassive(market: Name, unit: u32, from: u32): void {
    const row = marketOf(market);
    const table = passives(market);
    const contract = table.get(slotKey(unit, from));
    if (contract == null) {
        check(false, "M-RAM-01: there is no such contract");
        return;
    }
    const until = contract.until_slot;
    check(
        until != 0 && now() >= <u64>until + paramsOf(market, until - row.slot_s).retain_s,
        "M-RAM-01: the contract is kept a while longer",
    );
    check(
        now() > <u64>until + longestDeadline(market, from, until),
        "M-RAM-01: a reading may still come that is paid by this contract",
    );
    const all = readings(market);
    const first = all.from(0);
    check(first < 0 || all.read(first).key >= slotKey(until, 0), "M-RAM-01: readings of the contract's time are not erased yet");
    table.remove(contract.key);
}

/** The contract under which the unit is in the slot; nothing when it is not passive. */
export function contractAt(market: Name, unit: u32, slot: u32): PassiveContract | null {
    const last = lastUpTo(market, unit, slot);
    return last == null || (last.until_slot != 0 && last.until_slot <= slot) ? null : last;
}

function lastUpTo(market: Name, unit: u32, slot: u32): PassiveContract | null {
    const last = passives(market).upTo(slotKey(unit, slot));
    return last == null || <u32>(last.key >> 32) != unit ? null : last;
}

function countOf(market: Name, unit: u32): i32 {
    const table = passives(market);
    let count = 0;
    for (let at = table.from(slotKey(unit, 0)); at >= 0 && count < MAX_CONTRACTS; at = table.next(at)) {
        if (<u32>(table.read(at).key >> 32) != unit) break;
        count++;
    }
    return count;
}

/** The longest of the deadlines that hold within a contract. */
function longestDeadline(market: Name, from: u32, until: u32): u32 {
    let longest = paramsOf(market, from).deadline_s;
    const table = params(market);
    let count = 1;
    for (let at = table.from(<u64>from + 1); at >= 0; at = table.next(at)) {
        const row = table.read(at);
        if (row.from_slot >= until) break;
        check(++count <= MAX_PARAMS, "M-RAM-01: a reading may still come that is paid by this contract");
        if (row.deadline_s > longest) longest = row.deadline_s;
    }
    return longest;
}

function checkAligned(market: Market, slot: u32, rule: string): void {
    if (slot % market.slot_s != 0) check(false, rule + ": a slot begins at a multiple of the market's slot length");
}

function checkBeyondHorizon(market: Market, slot: u32, rule: string): void {
    if (<u64>slot <= now() + market.horizon_s) {
        check(false, rule + ": trading of that slot has begun: choose one beyond the horizon");
    }
}
