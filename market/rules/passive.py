"""Passive contracts (M-PAS): a unit sells all its feed-in to the EVU at an agreed price."""

from __future__ import annotations

from dataclasses import replace

from market.actions import PassAccept, PassClear, PassDrop, PassEnd, PassPropose
from market.call import Call
from market.refusal import Refused, check
from market.rows import PassiveContract, PassiveProposal
from market.values import slot_key

MAX_CONTRACTS = 8
MAX_PARAMS = 32


def propose(call: Call, action: PassPropose) -> None:
    """By the EVU; binds nobody else."""
    call.require(call.row.evu, "M-PAS-03")
    unit = call.books.units.get(action.unit)
    if unit is None:
        raise Refused("M-REG-02", "the unit is not registered in this market")
    call.check_aligned(action.from_slot, "M-PAS-04")
    call.check_aligned(action.until_slot, "M-PAS-04")
    check(
        not action.until_slot or action.until_slot > action.from_slot,
        "M-PAS-04",
        "the contract must end after it begins",
    )
    _check_beyond_horizon(call, action.from_slot, "M-PAS-04")
    owner = call.books.points[unit.point].account
    call.books.passprops.put(
        action.unit, PassiveProposal(action.unit, owner, action.price, action.from_slot, action.until_slot)
    )


def drop(call: Call, action: PassDrop) -> None:
    """Either party takes a proposal off the table."""
    call.require(action.party, "M-PAS-03")
    _ = call.row
    proposal = call.books.passprops.get(action.unit)
    if proposal is None:
        raise Refused("M-PAS-03", "there is no proposal for this unit")
    check(action.party in (proposal.owner, call.row.evu), "M-PAS-03", "the proposal is another participant's")
    call.books.passprops.remove(action.unit)


def accept(call: Call, action: PassAccept) -> None:
    """By the owner, who names the terms that he signs."""
    call.require(action.owner, "M-PAS-03")
    _ = call.row
    terms = PassiveProposal(action.unit, action.owner, action.price, action.from_slot, action.until_slot)
    check(
        call.books.passprops.get(action.unit) == terms,
        "M-PAS-03",
        "nothing was proposed to this owner with these terms",
    )
    _check_beyond_horizon(call, action.from_slot, "M-PAS-04")
    before = list(call.books.passives.where("unit", action.unit))
    check(
        not before or 0 < before[-1].until_slot <= action.from_slot,
        "M-PAS-04",
        "the unit's contract before it has not ended",
    )
    check(len(before) < MAX_CONTRACTS, "M-RAM-03", f"a unit has at most {MAX_CONTRACTS} contracts")
    key = slot_key(action.unit, action.from_slot)
    call.books.passives.put(key, PassiveContract(key, action.owner, action.price, action.until_slot))
    call.books.passprops.remove(action.unit)


def end(call: Call, action: PassEnd) -> None:
    """Either party ends a contract from a slot on whose trading has not begun."""
    call.require(action.party, "M-PAS-05")
    _ = call.row
    contract = _contract(call, action.unit, action.from_slot, "M-PAS-05")
    check(action.party in (contract.owner, call.row.evu), "M-PAS-05", "the contract is another participant's")
    call.check_aligned(action.end_slot, "M-PAS-05")
    check(
        action.from_slot <= action.end_slot and (not contract.until_slot or action.end_slot < contract.until_slot),
        "M-PAS-05",
        "the contract does not hold then",
    )
    _check_beyond_horizon(call, action.end_slot, "M-PAS-05")
    if action.end_slot == action.from_slot:
        call.books.passives.remove(contract.key)
    else:
        call.books.passives.put(contract.key, replace(contract, until_slot=action.end_slot))


def clear(call: Call, action: PassClear) -> None:
    """Erases a contract by which nothing can be paid any more (M-RAM-01). Anyone may call it."""
    _ = call.row
    contract = _contract(call, action.unit, action.from_slot, "M-RAM-01")
    until = contract.until_slot
    check(
        until > 0 and call.now >= until + call.params(until - call.row.slot_s).retain_s,
        "M-RAM-01",
        "the contract is kept a while longer",
    )
    within = [call.params(contract.from_slot)]
    within += [row for row in call.books.params.values() if contract.from_slot < row.from_slot < until]
    check(
        len(within) <= MAX_PARAMS and call.now > until + max(row.deadline_s for row in within),
        "M-RAM-01",
        "a reading may still come that is paid by this contract",
    )
    readings = call.books.readings.primary_keys()
    check(
        not readings or readings[0] >= slot_key(until, 0),
        "M-RAM-01",
        "readings of the contract's time are not erased yet",
    )
    call.books.passives.remove(contract.key)


def price_of(call: Call, unit: int, slot: int) -> int | None:
    """The price of the contract under which the unit is in the slot; None when it is not passive."""
    before = [row for row in call.books.passives.where("unit", unit) if row.from_slot <= slot]
    if not before or 0 < before[-1].until_slot <= slot:
        return None
    return before[-1].price


def _contract(call: Call, unit: int, from_slot: int, rule: str) -> PassiveContract:
    found = call.books.passives.get(slot_key(unit, from_slot))
    if found is None:
        raise Refused(rule, "there is no such contract")
    return found


def _check_beyond_horizon(call: Call, slot: int, rule: str) -> None:
    check(slot > call.now + call.row.horizon_s, rule, "trading of that slot has begun: choose one beyond the horizon")
