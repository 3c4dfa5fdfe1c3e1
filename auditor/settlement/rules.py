"""Whether the amounts follow from the actions by the market's rules: each check names its rule."""

from __future__ import annotations

from auditor.settlement.errors import Invalid
from auditor.settlement.evidence import Proven
from auditor.settlement.facts import Facts, Sale
from market.actions import UnitProduction
from market.rules.delivery import split
from market.rules.settlement import Energy, payments
from market.values import amount


def check_all(facts: Facts) -> None:
    """Raises Invalid with the rule that the first wrong line breaks."""
    account = facts.claim.account
    for sale in facts.sales:
        if account not in (sale.seller, sale.buyer):
            raise Invalid(f"offer {sale.id} is neither sold nor bought by {account}")
        _check_sold(facts, sale)
        if sale.settled is not None:
            _check_settled(facts, sale, sale.settled)
    for (slot, point), action in facts.sweeps.items():
        _check_swept(facts, slot, point, action)


def _need(holds: bool, rule: str, text: str) -> None:
    if not holds:
        raise Invalid(f"{rule}: {text}")


def _check_sold(facts: Facts, sale: Sale) -> None:
    what, offer, bid = f"offer {sale.id}", sale.offer, sale.bid
    _need(sale.seller in offer.actors or offer is bid, "M-OFF-01", f"{what} was not made by its seller")
    _need(sale.buyer in bid.actors, "M-BID-07", f"{what} was not won by its buyer's own order")
    _need(offer.sequence <= bid.sequence < sale.award.sequence, "M-BID-01", f"{what} was bid for at another time")
    if offer is bid:
        terms = (offer.fields["buyer"], offer.fields["price"])
        _need(terms == (sale.buyer, sale.price), "M-P2P-01", f"{what} was awarded on other terms than agreed")
    else:
        _need(sale.price >= offer.fields["start_price"], "M-BID-02", f"{what} was sold below its start price")
        own = offer if sale.seller == facts.claim.account else bid
        _check_signed(facts, own)
    if offer is bid and sale.buyer == facts.claim.account:
        _check_signed(facts, offer)


def _check_signed(facts: Facts, order: Proven) -> None:
    """The participant's order was signed by a key of his; the EVU's keys are recorded by no contract."""
    if facts.claim.account == facts.evu:
        return
    transaction, keys = order.transaction, facts.keys_at(order.sequence)
    known = transaction is not None and any(transaction.is_signed_by(key) for key in keys)
    _need(known, "M-REG-04", f"{order.name} (action {order.sequence}) is not signed by a key of the participant's")


def _check_settled(facts: Facts, sale: Sale, settled: Proven) -> None:
    row, what = settled.fields["balance"], f"offer {sale.id}"
    terms = (row["seller"], row["buyer"], row["slot"], row["price"], row["sold_wh"])
    agreed = (sale.seller, sale.buyer, sale.slot, sale.price, sale.energy_wh)
    _need(terms == agreed, "M-SET-05", f"{what} was settled on other terms than it was sold on")
    energy = Energy(row["sold_wh"], row["delivered_wh"], row["consumed_wh"], row["produced_wh"])
    _need(row["difference_wh"] == energy.delivered - energy.consumed, "M-SET-05", f"the difference of {what} is wrong")
    prices, _ = facts.prices(sale.slot, settled.sequence)
    pays = payments(energy, sale.price, prices)
    amounts = (row["to_seller"], row["shortfall"], row["penalty"], row["surplus"])
    due = (pays.to_seller, pays.shortfall, pays.penalty, pays.surplus)
    _need(amounts == due, "M-SET-02", f"{what}: {amounts} are not the amounts {due} that its energy gives (1e-6 EUR)")
    account = facts.claim.account
    if sale.seller == account:
        _check_delivered(facts, sale, energy, settled.sequence)
    if sale.buyer == account:
        consumed = _consumed(facts, sale, settled.sequence)
        _need(energy.consumed == consumed, "M-SET-03", f"{what}: {consumed} Wh were consumed, not {energy.consumed}")


def _check_delivered(facts: Facts, sale: Sale, energy: Energy, before: int) -> None:
    what, point = f"offer {sale.id}", _point_of(facts, sale.unit)
    share, produced = _share(facts, sale.slot, point, sale.unit, before)
    _need(energy.produced == produced, "M-SET-05", f"{what}: its unit produced {produced} Wh, not {energy.produced}")
    earlier = sum(
        other.energy_wh
        for other in facts.sales
        if (other.seller, other.slot, other.unit) == (sale.seller, sale.slot, sale.unit) and other.id < sale.id
    )
    delivered = min(sale.energy_wh, max(0, share - earlier))
    _need(energy.delivered == delivered, "M-SET-01", f"{what}: {delivered} Wh were delivered, not {energy.delivered}")


def _consumed(facts: Facts, sale: Sale, before: int) -> int:
    """M-SET-03, and M-SET-04 where a reading is missing."""
    points = [point.id for point in facts.claim.points if point.since <= sale.slot]
    readings = [facts.reading(sale.slot, point, before) for point in points]
    if sale.buyer == facts.evu or None in readings:
        return sale.energy_wh
    used = sum(reading.fields["consumed_wh"] for reading in readings if reading is not None)
    earlier = sum(
        other.energy_wh
        for other in facts.sales
        if (other.buyer, other.slot) == (sale.buyer, sale.slot) and other.id < sale.id
    )
    return int(min(sale.energy_wh, max(0, used - earlier)))


def _check_swept(facts: Facts, slot: int, point: int, action: Proven) -> None:
    what = f"the surplus of point {point} in slot {slot}"
    reading = facts.reading(slot, point, action.sequence)
    if reading is None:
        raise Invalid(f"M-SEC-01: {what} was paid for, and no reading in the file settles it")
    _need(reading.action.fields["box"] in facts.boxes, "M-DEL-01", f"{what} was delivered by another's box")
    _need(any(own.id == point for own in facts.claim.points), "M-SEC-01", f"{what} is another's")
    _check_signed(facts, reading.action)
    prices, _ = facts.prices(slot, action.sequence)
    rest, passive_wh, worth = reading.fields["fed_in_wh"], 0, 0
    for unit in next(own.units for own in facts.claim.points if own.id == point):
        share, _ = _share(facts, slot, point, unit, action.sequence)
        sold = sum(sale.energy_wh for sale in facts.sales if (sale.unit, sale.slot) == (unit, slot))
        taken = min(share, sold)
        rest -= taken
        price = facts.passive_price(unit, slot, action.sequence)
        if price is not None:
            passive_wh += share - taken
            worth += amount(share - taken, price)
    worth += amount(rest - passive_wh, prices.evu_buy)
    found = (action.fields["energy_wh"], action.fields["amount"])
    _need(found == (rest, worth), "M-SEC-01", f"{what} is {rest} Wh for {worth}, not {found[0]} Wh for {found[1]}")


def _share(facts: Facts, slot: int, point: int, unit: int, before: int) -> tuple[int, int]:
    """What a unit has of its point's feed-in (M-DEL-06), and what it produced; nothing without a reading."""
    reading = facts.reading(slot, point, before)
    if reading is None:
        return 0, 0
    _need(reading.action.fields["box"] in facts.boxes, "M-DEL-01", f"point {point} was delivered by another's box")
    units = next(own.units for own in facts.claim.points if own.id == point)
    produced = tuple(UnitProduction(item["unit"], item["produced_wh"]) for item in reading.fields["units"])
    shares = {row.unit: row for row in split(reading.fields["fed_in_wh"], units, produced)}
    return (shares[unit].fed_in_wh, shares[unit].produced_wh) if unit in shares else (0, 0)


def _point_of(facts: Facts, unit: int) -> int:
    found = [point.id for point in facts.claim.points if unit in point.units]
    if not found:
        raise Invalid(f"M-REG-02: unit {unit} belongs to no metering point of the participant's")
    return found[0]
