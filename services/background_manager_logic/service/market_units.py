"""Units on the market: registered when the unit can be reached, its metering point stands on the chain, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.connector import Action
from services.background_manager_logic.domain import Participant, Seen, Unit
from services.background_manager_logic.errors import BoxSilent, ChainRefused, Conflict, NotOwn, Unknown
from services.background_manager_logic.ports import BoxPort, ChainPort
from services.background_manager_logic.repository import Listed, Repository
from services.background_manager_logic.service.registry import ChainPoint, ChainUnit, Registry, hash_of, unit_action
from services.shared.data import BadCursor


@dataclass(frozen=True, slots=True)
class MarketUnit:
    """A unit on the chain. `account`: its participant's pseudonym; `unit_mastr_nr`: None where it is another's."""

    market: str
    unit_id: int
    point_id: int
    account: str
    since: int
    unit_mastr_nr: str | None
    mine: bool


@dataclass(frozen=True, slots=True)
class RegisteredUnit:
    """A unit that has just been registered."""

    unit_mastr_nr: str
    market: str
    unit_id: int
    point_id: int
    account: str
    transaction_id: str
    block_num: int


class MarketUnits:
    """Units of the market. The chain says which there are; numbers are known here only (M-PRV-01)."""

    def __init__(self, repository: Repository, boxes: BoxPort, chain: ChainPort) -> None:
        self._kept = repository
        self._boxes = boxes
        self._registry = Registry(chain)

    def register(self, mastr_nr: str, market: str, sub: str | None) -> RegisteredUnit:
        """Of an administrator (`sub` None), or of the one whose record has the unit's box.

        Raises Unknown (unit, market), NotOwn, Conflict, BoxSilent, BoxWrong, ChainRefused, ChainSilent, ChainWrong.
        """
        unit = self._kept.units.get(mastr_nr)
        if unit is None:
            raise Unknown(f"there is no unit {mastr_nr}; an administrator adds it with POST /unit")
        owner = self._owner(unit, sub)
        account, salt = _account_of(owner, unit)
        self._registry.require_market(market)
        digest = hash_of(salt, mastr_nr)
        if self._registry.unit(market, digest) is not None:
            raise _known(mastr_nr, market)
        seen = self._reached(unit)
        point = self._point(unit, seen, market, account, salt)
        if not self._kept.units.mark(mastr_nr, market):
            raise Unknown(f"the unit {mastr_nr} has just been removed")

        def missing() -> Sequence[tuple[str, Action]]:
            known = self._registry.unit(market, digest) is not None
            return [] if known else [(mastr_nr, unit_action(market, point.id, digest))]

        try:
            added, receipt = self._registry.register(missing)
        except ChainRefused:
            if self._registry.unit(market, digest) is None:
                self._kept.units.unmark(mastr_nr, market)
            raise
        registered = self._registry.unit(market, digest)
        if not added or receipt is None or registered is None:
            raise _known(mastr_nr, market)
        return RegisteredUnit(
            mastr_nr, market, registered.id, point.id, account, receipt.transaction_id, receipt.block_num
        )

    def list(self, market: str, limit: int, cursor: str | None, *, sub: str | None) -> Listed[MarketUnit]:
        """The market's units, in the order of their ids. `sub`: the one user whose numbers are shown; None: all are.

        Raises Unknown (market), BadCursor, ChainSilent, ChainWrong.
        """
        self._registry.require_market(market)
        first = _first(cursor)
        found = self._registry.units(market, first, limit + 1)
        shown = found[:limit]
        more = str(shown[-1].id + 1) if len(found) > limit else None
        if not shown:
            return Listed([], None)
        ids = [unit.point for unit in shown]
        points = self._registry.points(market, min(ids), max(ids))
        numbers = self._numbers(sub)
        own = None if sub is None else self._kept.participants.get(sub)
        account = None if own is None else own.eos_account
        return Listed([_shown(market, unit, points, numbers, account) for unit in shown], more)

    def _owner(self, unit: Unit, sub: str | None) -> Participant | None:
        found = self._kept.participants.any({"cls_box_ip": unit.cls_box_ip})
        if sub is not None and (found is None or found.sub != sub or found.disabled):
            raise NotOwn(f"the unit {unit.mastr_nr} is not yours")
        return found

    def _reached(self, unit: Unit) -> Seen:
        seen = self._boxes.unit(unit.cls_box_ip, unit.mastr_nr)
        if seen is None:
            raise Conflict(f"the box at {unit.cls_box_ip} does not see the unit {unit.mastr_nr}; see its OpenEMS")
        if not seen.reachable:
            raise BoxSilent(
                f"the box at {unit.cls_box_ip} does not reach the unit {unit.mastr_nr}: {seen.reason}; see the unit"
            )
        return seen

    def _point(self, unit: Unit, seen: Seen, market: str, account: str, salt: str) -> ChainPoint:
        """The metering point behind which the unit feeds in, as the box has it now."""
        serial = seen.meter_serial_number or unit.meter_serial_number
        if serial is None:
            raise Conflict(f"the box does not say behind which meter the unit {unit.mastr_nr} feeds in; provision it")
        point = self._registry.point(market, hash_of(salt, serial))
        if point is None or point.account != account:
            raise Conflict(
                f"the meter {serial} of the unit {unit.mastr_nr} is no metering point of {account} in the market "
                f"{market}; add the meter with POST /grid-meter, then register it with POST /eos-account"
            )
        return point

    def _numbers(self, sub: str | None) -> dict[str, str]:
        """MaStR numbers by their hash: all that are known, or one participant's."""
        query: dict[str, Any] = {} if sub is None else {"_id": sub}
        salts = {one.cls_box_ip: one.salt for one in self._kept.participants.all(query) if one.cls_box_ip and one.salt}
        numbers = {}
        for ip, salt in salts.items():
            for unit in self._kept.units.all({"cls_box_ip": ip}):
                numbers[hash_of(str(salt), unit.mastr_nr)] = unit.mastr_nr
        return numbers


def _account_of(owner: Participant | None, unit: Unit) -> tuple[str, str]:
    """Account and salt under which the unit comes onto the chain. Raises Conflict."""
    if owner is None or owner.eos_account is None or owner.salt is None:
        raise Conflict(
            f"the box at {unit.cls_box_ip} has no registered account; register it first with POST /eos-account"
        )
    if owner.disabled:
        raise Conflict(f"the participant of the box at {unit.cls_box_ip} is disabled; enable him first")
    return owner.eos_account, owner.salt


def _known(mastr_nr: str, market: str) -> Conflict:
    return Conflict(f"the unit {mastr_nr} is registered in the market {market} already")


def _first(cursor: str | None) -> int:
    """The first id of the page; ids have 32 bits."""
    if cursor is None:
        return 1
    if not cursor.isascii() or not cursor.isdigit() or not 0 < int(cursor) < 2**32:
        raise BadCursor("the cursor is not one that this list gave")
    return int(cursor)


def _shown(
    market: str, unit: ChainUnit, points: dict[int, ChainPoint], numbers: dict[str, str], account: str | None
) -> MarketUnit:
    owner = points[unit.point].account if unit.point in points else ""
    return MarketUnit(
        market=market,
        unit_id=unit.id,
        point_id=unit.point,
        account=owner,
        since=unit.since,
        unit_mastr_nr=numbers.get(unit.hash),
        mine=account is not None and owner == account,
    )
