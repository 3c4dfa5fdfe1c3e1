"""The statement that a person reads: lines and sums, made from the proven actions alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from auditor.settlement.errors import Invalid
from auditor.settlement.evidence import Proven
from auditor.settlement.facts import Claim, Facts, Point, Sale
from market.values import Money, Price

Line = Mapping[str, Any]


def statement(facts: Facts) -> dict[str, Any]:
    """The part `statement` of a file (docs/settlement.md). Money is EUR with 6 places, signed from the participant's
    side where it is called `net_eur`; prices are ct/kWh with 4 places, energy whole Wh, times UTC."""
    claim = facts.claim
    settled = [(sale, sale.settled) for sale in facts.sales if sale.settled is not None]
    sold = [_sold(facts, sale, action) for sale, action in settled if sale.seller == claim.account]
    bought = [_bought(facts, sale, action) for sale, action in settled if sale.buyer == claim.account]
    swept = [_swept(slot, point, facts) for slot, point in sorted(facts.sweeps)]
    return {
        "market": claim.market,
        "participant": claim.account,
        "from": iso(claim.begin),
        "to": iso(claim.end),
        "sold": sold,
        "bought": bought,
        "surplus": swept,
        "not_settled": [sale.id for sale in facts.sales if sale.settled is None],
        "totals": _totals(sold, bought, swept),
    }


def claim_json(claim: Claim) -> dict[str, Any]:
    """The part `claim` of a file."""
    points = [{"point": point.id, "units": list(point.units), "since": iso(point.since)} for point in claim.points]
    return {"points": points, "offers": {str(number): action for number, action in sorted(claim.offers.items())}}


def claim_of(statement_part: Mapping[str, Any], claim: Mapping[str, Any]) -> Claim:
    """What `claim_json` and the head of `statement` say."""
    points = [Point(item["point"], tuple(item["units"]), epoch(item["since"])) for item in claim["points"]]
    return Claim(
        market=statement_part["market"],
        account=statement_part["participant"],
        begin=epoch(statement_part["from"]),
        end=epoch(statement_part["to"]),
        points=tuple(points),
        offers={int(number): action for number, action in claim["offers"].items()},
    )


def _common(facts: Facts, sale: Sale, settled: Proven) -> dict[str, Any]:
    row = settled.fields["balance"]
    prices, prices_set_by = facts.prices(sale.slot, settled.sequence)
    return {
        "offer": sale.id,
        "slot": iso(sale.slot),
        "unit": sale.unit,
        "price_ct_per_kwh": Price(sale.price).ct_per_kwh,
        "evu_buy_ct_per_kwh": Price(prices.evu_buy).ct_per_kwh,
        "evu_sell_ct_per_kwh": Price(prices.evu_sell).ct_per_kwh,
        **{field: row[field] for field in ("sold_wh", "delivered_wh", "produced_wh", "consumed_wh")},
        "settled_at": iso(row["settled_at"]),
        "proof": {
            "offer": sale.offer.sequence,
            "bid": sale.bid.sequence,
            "award": sale.award.sequence,
            "settlement": settled.sequence,
            "prices": prices_set_by,
        },
    }


def _sold(facts: Facts, sale: Sale, settled: Proven) -> dict[str, Any]:
    row = settled.fields["balance"]
    return {
        **_common(facts, sale, settled),
        "buyer": sale.buyer,
        "received_eur": Money(row["to_seller"]).eur,
        "penalty_eur": Money(row["penalty"]).eur,
        "net_eur": Money(row["to_seller"] - row["penalty"]).eur,
    }


def _bought(facts: Facts, sale: Sale, settled: Proven) -> dict[str, Any]:
    row = settled.fields["balance"]
    return {
        **_common(facts, sale, settled),
        "seller": sale.seller,
        "paid_to_seller_eur": Money(row["to_seller"]).eur,
        "paid_to_evu_eur": Money(row["shortfall"]).eur,
        "received_for_unused_eur": Money(row["surplus"]).eur,
        "net_eur": Money(row["surplus"] - row["to_seller"] - row["shortfall"]).eur,
    }


def _swept(slot: int, point: int, facts: Facts) -> dict[str, Any]:
    action = facts.sweeps[slot, point]
    reading = facts.reading(slot, point, action.sequence)
    if reading is None:
        raise Invalid(f"M-SEC-01: no reading of point {point} in slot {slot} settles")
    _, prices_set_by = facts.prices(slot, action.sequence)
    return {
        "slot": iso(slot),
        "point": point,
        "energy_wh": action.fields["energy_wh"],
        "fed_in_wh": reading.fields["fed_in_wh"],
        "net_eur": Money(action.fields["amount"]).eur,
        "paid_at": iso(action.time),
        "proof": {"reading": reading.action.sequence, "surplus": action.sequence, "prices": prices_set_by},
    }


def _totals(sold: Sequence[Line], bought: Sequence[Line], swept: Sequence[Line]) -> dict[str, Any]:
    sums = {name: sum(units(line["net_eur"]) for line in part) for name, part in _parts(sold, bought, swept).items()}
    return {
        "sold_wh": sum(line["sold_wh"] for line in sold),
        "delivered_wh": sum(line["delivered_wh"] for line in sold),
        "bought_wh": sum(line["sold_wh"] for line in bought),
        "surplus_wh": sum(line["energy_wh"] for line in swept),
        **{f"{name}_eur": Money(total).eur for name, total in sums.items()},
        "net_eur": Money(sum(sums.values())).eur,
    }


def _parts(sold: Sequence[Line], bought: Sequence[Line], swept: Sequence[Line]) -> dict[str, Sequence[Line]]:
    return {"sold": sold, "bought": bought, "surplus": swept}


def units(eur: str) -> int:
    """Units of 1e-6 EUR of a text such as "-0.016800"."""
    return Money.from_asset(f"{eur} EUR")


def iso(moment: int) -> str:
    """Seconds since the epoch as RFC 3339 in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(text: str) -> int:
    """Seconds since the epoch of an RFC 3339 time with an offset. Raises ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset to UTC: write 2026-11-28T00:00:00Z")
    return int(moment.timestamp())
