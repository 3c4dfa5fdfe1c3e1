"""From bodies to orders about passive contracts and deals; what does not fit is a 400 that names the field."""

from __future__ import annotations

from market.values import EosName, MastrNumber, Price, Slot, WattHours
from services.cls_box_logic.api.parse import Body, field, market_of
from services.cls_box_logic.domain.agreements import (
    DealAcceptance,
    DealDrop,
    DealProposal,
    PassiveAcceptance,
    PassiveDrop,
    PassiveEnd,
)
from services.cls_box_logic.domain.orders import key_from, parse_slot


def passive_acceptance_of(body: Body, default_market: EosName, _key: str) -> PassiveAcceptance:
    """The acceptance of a proposal."""
    return PassiveAcceptance(
        market_of(body, default_market),
        field(body, "unit_mastr_nr", MastrNumber),
        field(body, "price_ct_per_kwh", Price.from_ct_per_kwh),
        field(body, "from_slot", parse_slot),
        field(body, "until_slot", parse_slot) if body.get("until_slot") else Slot(0),
    )


def passive_drop_of(body: Body, default_market: EosName, _key: str) -> PassiveDrop:
    """The refusal of a proposal."""
    return PassiveDrop(market_of(body, default_market), field(body, "unit_mastr_nr", MastrNumber))


def passive_end_of(body: Body, default_market: EosName, _key: str) -> PassiveEnd:
    """The end of a contract."""
    slots = (field(body, "from_slot", parse_slot), field(body, "end_slot", parse_slot))
    return PassiveEnd(market_of(body, default_market), field(body, "unit_mastr_nr", MastrNumber), *slots)


def deal_proposal_of(body: Body, default_market: EosName, key: str) -> DealProposal:
    """A deal's proposal; its key follows from the Idempotency-Key where none is given."""
    return DealProposal(
        market_of(body, default_market),
        field(body, "unit_mastr_nr", MastrNumber),
        field(body, "buyer_account", EosName),
        field(body, "slot_start", parse_slot),
        field(body, "energy_wh", WattHours),
        field(body, "price_ct_per_kwh", Price.from_ct_per_kwh),
        key_from(key) if body.get("key") is None else field(body, "key", _key64),
    )


def deal_drop_of(body: Body, default_market: EosName, _key: str) -> DealDrop:
    """A proposal's end."""
    return DealDrop(market_of(body, default_market), body["unit_id"], field(body, "slot_start", parse_slot))


def deal_acceptance_of(body: Body, default_market: EosName, _key: str) -> DealAcceptance:
    """The acceptance of a proposal."""
    return DealAcceptance(
        market_of(body, default_market),
        field(body, "seller_account", EosName),
        body["unit_id"],
        field(body, "slot_start", parse_slot),
        field(body, "energy_wh", WattHours),
        field(body, "price_ct_per_kwh", Price.from_ct_per_kwh),
        field(body, "key", _key64),
    )


def _key64(text: str) -> int:
    if int(text) >= 2**64:
        raise ValueError("must fit 64 bits")
    return int(text)
