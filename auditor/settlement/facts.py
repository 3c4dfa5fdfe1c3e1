"""What the proven actions say about one participant in one market and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.settlement.errors import Invalid
from auditor.settlement.evidence import Proven
from auditor.settlement.layouts import BOXES
from market.rows import OfferStatus, Prices


@dataclass(frozen=True, slots=True)
class Point:
    """A metering point of the participant's, as the registry numbered it; `since` in seconds since the epoch."""

    id: int
    units: tuple[int, ...]
    since: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What the file says and no action proves by itself: whose it is, and which number the contracts gave to what.

    `begin` and `end` (seconds since the epoch) bound the slots: `begin <= slot < end`. `offers`: the number of an offer
    -> the sequence of the action that made it.
    """

    market: str
    account: str
    begin: int
    end: int
    points: tuple[Point, ...]
    offers: Mapping[int, int]

    def covers(self, slot: int) -> bool:
        return self.begin <= slot < self.end


@dataclass(frozen=True, slots=True)
class Sale:
    """A sold offer. `offer` is the action that made it, `bid` the one that won; a deal (M-P2P) has one for both."""

    id: int
    offer: Proven
    bid: Proven
    award: Proven
    settled: Proven | None

    @property
    def seller(self) -> str:
        return str(self.offer.fields["seller"])

    @property
    def buyer(self) -> str:
        return str(self.award.fields["buyer"])

    @property
    def unit(self) -> int:
        return int(self.offer.fields["unit"])

    @property
    def slot(self) -> int:
        return int(self.offer.fields["slot"])

    @property
    def energy_wh(self) -> int:
        return int(self.offer.fields["energy_wh"])

    @property
    def price(self) -> int:
        return int(self.award.fields["price"])


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading as its box delivered it."""

    action: Proven
    fields: Mapping[str, Any]


class Facts:
    """The actions of the market's, by what they are about. Raises Invalid for what contradicts itself."""

    def __init__(self, claim: Claim, actions: Sequence[Proven]) -> None:
        self.claim = claim
        self._actions = [action for action in actions if action.fields["market"] == claim.market]
        self._by_sequence = {action.sequence: action for action in self._actions}
        self.opened = self._opening()
        self.sweeps = {
            (action.fields["slot"], action.fields["point"]): action
            for action in self._named("logsweep")
            if claim.covers(action.fields["slot"])
        }
        self._readings = self._measured()
        self.sales = [sale for sale in self._sales() if claim.covers(sale.slot)]

    def _named(self, *names: str) -> list[Proven]:
        return [action for action in self._actions if action.name in names]

    def _opening(self) -> Proven:
        found = self._named("openmarket")
        if len(found) != 1:
            raise Invalid(f"the file has {len(found)} openings of the market {self.claim.market}, one is needed")
        return found[0]

    # what holds for a slot

    @property
    def slot_s(self) -> int:
        return int(self.opened.fields["slot_s"])

    @property
    def evu(self) -> str:
        return str(self.opened.fields["evu"])

    def prices(self, slot: int, before: int) -> tuple[Prices, int]:
        """Those in force for the slot when the action number `before` was executed, and the action that set them."""
        fields, sequence = self._in_force("prices", "setprices", slot, before)
        return Prices(int(fields["from_slot"]), int(fields["evu_buy"]), int(fields["evu_sell"])), sequence

    def deadline(self, slot: int, before: int) -> int:
        """The last second at which a reading of the slot settles (M-DEL-04)."""
        fields, _ = self._in_force("params", "setparams", slot, before)
        return slot + self.slot_s + int(fields["deadline_s"])

    def _in_force(self, field: str, name: str, slot: int, before: int) -> tuple[Mapping[str, Any], int]:
        opening = ({**self.opened.fields[field], "from_slot": 0}, self.opened.sequence)
        changes = [
            (action.fields[field], action.sequence)
            for action in self._named(name)
            if action.sequence < before and action.fields[field]["from_slot"] <= slot
        ]
        return max([opening, *changes], key=lambda item: (int(item[0]["from_slot"]), item[1]))

    # whose keys and boxes

    @property
    def boxes(self) -> frozenset[str]:
        """The boxes of the participant's metering points."""
        own = [action for action in self._named("regpoint") if action.fields["account"] == self.claim.account]
        return frozenset(str(action.fields["box"]) for action in own if action.contract == BOXES)

    def keys_at(self, sequence: int) -> frozenset[str]:
        """The keys of the participant's boxes when that action was executed (M-REG-04)."""
        current = {}
        for action in self._named("regbox", "rekey"):
            if action.sequence < sequence and action.fields["box"] in self.boxes | {self.claim.account}:
                current[action.fields["box"]] = str(action.fields["key"])
        return frozenset(current.values())

    # readings

    def _measured(self) -> dict[tuple[int, int], Measured]:
        found: dict[tuple[int, int], Measured] = {}
        for action in self._named("deliver"):
            for reading in action.fields["readings"]:
                key = (int(action.fields["slot"]), int(reading["point"]))
                if key in found:
                    raise Invalid(f"point {key[1]} has delivered slot {key[0]} twice (M-DEL-02)")
                found[key] = Measured(action, reading)
        return found

    def reading(self, slot: int, point: int, before: int) -> Measured | None:
        """The point's reading that settles, as it stood when the action number `before` was executed."""
        found = self._readings.get((slot, point))
        if found is None or found.action.sequence > before or found.action.time > self.deadline(slot, before):
            return None
        return found

    def passive_price(self, unit: int, slot: int, before: int) -> int | None:
        """What the unit's passive contract pays in the slot (M-PAS-01); None when it has none."""
        contracts: dict[int, tuple[int, int]] = {}
        for action in self._named("passaccept", "passend"):
            fields = action.fields
            if action.sequence > before or fields["unit"] != unit:
                continue
            if action.name == "passaccept":
                contracts[fields["from_slot"]] = (fields["price"], fields["until_slot"])
            else:
                contracts[fields["from_slot"]] = (contracts[fields["from_slot"]][0], fields["end_slot"])
        holding = [
            price for start, (price, until) in contracts.items() if start <= slot and (not until or slot < until)
        ]
        return holding[0] if holding else None

    # sold offers

    def _sales(self) -> list[Sale]:
        """By the offers' numbers."""
        awards = self._numbered(
            action for action in self._named("logaward") if action.fields["status"] == OfferStatus.AWARDED
        )
        settled = self._numbered(self._named("logsettle"))
        strays = settled.keys() - awards.keys()
        if strays:
            raise Invalid(f"the offers {sorted(strays)} are settled, and nothing shows their award")
        made: set[int] = set()
        sales = []
        for number, award in sorted(awards.items()):
            offer = self._offer(number, made)
            sales.append(Sale(number, offer, self._winner(number, offer, award), award, settled.get(number)))
        return sales

    def _numbered(self, actions: Any) -> dict[int, Proven]:
        found: dict[int, Proven] = {}
        for action in actions:
            fields = action.fields.get("balance", action.fields)
            number = int(fields["offer"])
            if number in found:
                raise Invalid(f"{action.name} stands twice for offer {number} (M-AWD-02, M-SET-06)")
            found[number] = action
        return found

    def _offer(self, number: int, made: set[int]) -> Proven:
        sequence = self.claim.offers.get(number)
        action = self._by_sequence.get(sequence) if sequence is not None else None
        if action is None or action.name not in ("offer", "p2paccept") or action.sequence in made:
            raise Invalid(f"offer {number} has no action of its own that made it")
        made.add(action.sequence)
        return action

    def _winner(self, number: int, offer: Proven, award: Proven) -> Proven:
        if offer.name == "p2paccept":
            return offer
        wanted = (number, award.fields["buyer"], award.fields["price"])
        bids = [
            action
            for action in self._named("bid")
            if (action.fields["offer"], action.fields["bidder"], action.fields["price"]) == wanted
        ]
        if not bids:
            raise Invalid(f"offer {number} was awarded to a bid that the file does not show (M-AWD-01)")
        return bids[-1]
