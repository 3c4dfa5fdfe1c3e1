"""Which actions a participant's settlement of a period rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.settlement.facts import Claim, Point
from auditor.settlement.walk import Found, Walked
from market.rows import OfferStatus


def claim_for(walked: Walked, market: str, account: str, begin: int, end: int) -> Claim:
    """The participant's points, and his sold offers of the period with their numbers."""
    points = []
    for number, action in enumerate(walked.numbered["points"], start=1):
        if action.fields["account"] == account:
            units = [
                unit for unit, made in enumerate(walked.numbered["units"], start=1) if made.fields["point"] == number
            ]
            points.append(Point(number, tuple(units), action.time))
    offers = {}
    for action in walked.actions:
        if action.name == "logaward" and action.fields["status"] == OfferStatus.AWARDED:
            number = int(action.fields["offer"])
            made = walked.numbered["offers"][number - 1]
            own = account in (made.fields["seller"], action.fields["buyer"])
            if own and begin <= made.fields["slot"] < end:
                offers[number] = made.sequence
    return Claim(market, account, begin, end, tuple(points), offers)


def selected(walked: Walked, claim: Claim) -> list[Found]:
    """In the order of their execution."""
    chosen = {action.sequence: action for action in _selected(walked, claim)}
    return [chosen[sequence] for sequence in sorted(chosen)]


def is_own_order(action: Found, claim: Claim, boxes: frozenset[str]) -> bool:
    """Whether the participant or a box of his has signed it: then its transaction goes into the file, too."""
    own = boxes | {claim.account}
    return action.name in ("offer", "bid", "p2paccept", "deliver") and any(
        actor in own for actor, _ in action.act.authorization
    )


def boxes_of(walked: Walked, claim: Claim) -> frozenset[str]:
    return frozenset(
        str(action.fields["box"]) for action in walked.numbered["points"] if action.fields["account"] == claim.account
    )


def _selected(walked: Walked, claim: Claim) -> Iterator[Found]:
    needed = _needed(walked, claim)
    return (action for action in walked.actions if needed[action.name](action.fields, action.sequence))


def _needed(walked: Walked, claim: Claim) -> Mapping[str, Callable[[Mapping[str, Any], int], bool]]:
    """By an action's name: whether one with these fields and this sequence is part of the settlement."""
    own = boxes_of(walked, claim) | {claim.account}
    points = {point.id for point in claim.points}
    units = {unit for point in claim.points for unit in point.units}
    made, won = set(claim.offers.values()), set(_winners(walked, claim).values())
    return {
        **dict.fromkeys(("openmarket", "setprices", "setparams"), lambda _fields, _sequence: True),
        **dict.fromkeys(("regbox", "rekey"), lambda fields, _: fields["box"] in own),
        "regpoint": lambda fields, _: fields["account"] == claim.account,
        "regunit": lambda _fields, _sequence: False,
        **dict.fromkeys(("passaccept", "passend"), lambda fields, _: fields["unit"] in units),
        **dict.fromkeys(("offer", "p2paccept"), lambda _, sequence: sequence in made),
        "bid": lambda _, sequence: sequence in won,
        "logaward": lambda fields, _: fields["offer"] in claim.offers and fields["status"] == OfferStatus.AWARDED,
        "logsettle": lambda fields, _: fields["balance"]["offer"] in claim.offers,
        "deliver": lambda fields, _: (
            claim.covers(fields["slot"]) and any(item["point"] in points for item in fields["readings"])
        ),
        "logsweep": lambda fields, _: claim.covers(fields["slot"]) and fields["point"] in points,
    }


def _winners(walked: Walked, claim: Claim) -> dict[int, int]:
    """Offer -> the sequence of the last bid for it, which has won it (M-BID-02)."""
    return {
        int(action.fields["offer"]): action.sequence
        for action in walked.actions
        if action.name == "bid" and action.fields["offer"] in claim.offers
    }
