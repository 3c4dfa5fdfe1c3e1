"""Which actions a participant's settlement of a period rests on."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.settlement.facts import Claim, Point
from auditor.settlement.walk import Found, Walked
from market.rows import OfferStatus

_ALWAYS = ("openmarket", "setprices", "setparams")


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
        str(action.fields["box"])
        for action in walked.numbered["points"]
        if action.fields["account"] == claim.account
    )


def _selected(walked: Walked, claim: Claim) -> Iterator[Found]:
    boxes = boxes_of(walked, claim)
    points = {point.id for point in claim.points}
    units = {unit for point in claim.points for unit in point.units}
    made = set(claim.offers.values())
    won = _winners(walked, claim)
    for action in walked.actions:
        fields = action.fields
        match action.name:
            case name if name in _ALWAYS:
                chosen = True
            case "regbox" | "rekey":
                chosen = fields["box"] in boxes | {claim.account}
            case "regpoint":
                chosen = fields["account"] == claim.account
            case "passaccept" | "passend":
                chosen = fields["unit"] in units
            case "offer" | "p2paccept":
                chosen = action.sequence in made
            case "bid":
                chosen = won.get(fields["offer"]) == action.sequence
            case "logaward":
                chosen = fields["offer"] in claim.offers and fields["status"] == OfferStatus.AWARDED
            case "logsettle":
                chosen = fields["balance"]["offer"] in claim.offers
            case "deliver":
                chosen = claim.covers(fields["slot"]) and any(item["point"] in points for item in fields["readings"])
            case "logsweep":
                chosen = claim.covers(fields["slot"]) and fields["point"] in points
            case _:
                chosen = False
        if chosen:
            yield action


def _winners(walked: Walked, claim: Claim) -> dict[int, int]:
    """Offer -> the sequence of the last bid for it, which has won it (M-BID-02)."""
    return {
        int(action.fields["offer"]): action.sequence
        for action in walked.actions
        if action.name == "bid" and action.fields["offer"] in claim.offers
    }
