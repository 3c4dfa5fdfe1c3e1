"""The update of the live copy over the register's web service: what changed since the last time.

Two questions, as the check by the grid operator does not touch the date of a unit's record. An update that ends early
is begun anew by the next one, which skips what is current already.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from services.mastr_connector.catalogue import GONE, Kind, kind_of
from services.mastr_connector.domain import Progress, Region, actor_of, local_stamp, unit_of
from services.mastr_connector.elements import KNOWN_TO_SERVICE
from services.mastr_connector.errors import QuotaUsedUp, RegisterAway, RegisterRefused
from services.mastr_connector.repository import Repository
from services.mastr_connector.soap import ObjectGone, Register
from services.shared.data import JobError

_OVERLAP: Final = timedelta(minutes=10)
_BATCH: Final = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Change:
    """A unit to look at: `always` when its own date does not tell whether it changed."""

    number: str
    kind: Kind | None
    stamp: str
    gone: bool
    postcode: str
    always: bool


@dataclass
class _Round:
    """One update at work."""

    region: Region
    postcodes: frozenset[str]
    check: Callable[[], None]
    tell: Progress
    seen: Counter[str] = field(default_factory=Counter)

    def concerns(self, change: _Change, known: Mapping[str, str]) -> bool:
        """Whether it may be ours: the list says the postcode, but not the municipality."""
        if self.region.is_everywhere or change.number in known:
            return True
        return not change.postcode or change.postcode in self.postcodes


class Updating:
    """POST /update."""

    def __init__(self, repository: Repository, register: Register | None) -> None:
        self._repository = repository
        self._register = register

    def run(self, progress: Progress) -> dict[str, Any]:
        """Update the live copy; gives what was done. Raises JobError."""
        if self._register is None:
            raise JobError("the web service is not configured: set MASTR_WSDL_URL, MASTR_API_KEY and MASTR_AKTEUR")
        with self._repository.alone() as check:
            live = self._repository.live()
            if live is None:
                raise JobError("nothing is imported yet; start with POST /init")
            return self._update(self._register, live, check, progress)

    def _update(
        self, register: Register, live: Mapping[str, Any], check: Callable[[], None], progress: Progress
    ) -> dict[str, Any]:
        begun = register.now()
        since = (live["update"] or {}).get("next_from") or live["init"]["update_from"]
        region = Region.of(live["init"]["filter"]["postcodes"], live["init"]["filter"]["municipality_keys"])
        # with keys only, the postcodes follow from the units that are there
        postcodes = region.postcodes | (self._repository.postcodes() if region.municipality_keys else frozenset())
        this = _Round(region, postcodes, check, progress)
        try:
            changes = _gathered(register, since, this)
            with self._repository.changing():
                self._work_on(register, changes, this)
        finally:
            self._remember_quota(register)
        result = {"at": begun, "since": since, "seen": dict(this.seen)}
        self._repository.record_update({**result, "next_from": local_stamp(begun - _OVERLAP)})
        _log.info("updated from %s: %s", since, dict(this.seen))
        return {"since": since, "seen": dict(this.seen)}

    def _work_on(self, register: Register, changes: list[_Change], this: _Round) -> None:
        for first in range(0, len(changes), _BATCH):
            batch = changes[first : first + _BATCH]
            known = self._repository.stamps([change.number for change in batch])
            for place, change in enumerate(batch, first):
                this.check()
                this.tell(place, len(changes), "units")
                self._follow(register, change, known, this)
        this.tell(len(changes), len(changes), "units")

    def _follow(self, register: Register, change: _Change, known: Mapping[str, str], this: _Round) -> None:
        if not this.concerns(change, known):
            this.seen["elsewhere"] += 1
        elif change.gone:
            this.seen["removed"] += self._repository.remove_unit(change.number)
        elif change.kind is None:
            this.seen["unknown_kind"] += 1
        elif not change.always and known.get(change.number) == change.stamp:
            this.seen["current"] += 1
        else:
            self._fetch(register, change, change.kind, known, this)

    def _fetch(self, register: Register, change: _Change, kind: Kind, known: Mapping[str, str], this: _Round) -> None:
        try:
            record = register.unit(kind.operation, change.number)
        except ObjectGone:
            this.seen["removed"] += self._repository.remove_unit(change.number)
            return
        unit = None if record is None else unit_of(kind, record, KNOWN_TO_SERVICE)
        if unit is None or unit["_id"] != change.number:
            this.seen["unreadable"] += 1
        elif not this.region.covers(unit.get("postcode"), unit.get("municipality_key")):
            this.seen["removed" if self._repository.remove_unit(change.number) else "elsewhere"] += 1
        else:
            self._add_operator(register, unit.get("operator_mastr_nr"), this)
            self._repository.put_unit(unit)
            this.seen["changed" if change.number in known else "added"] += 1

    def _add_operator(self, register: Register, number: str | None, this: _Round) -> None:
        """Before its unit, so that a unit that is current has its operator."""
        if number is None or self._repository.copy().knows_actor(number):
            return
        record = register.actor(number)
        actor = None if record is None else actor_of(record)
        if actor is None:
            this.seen["operators_unknown"] += 1
        else:
            self._repository.put_actor(actor)
            this.seen["operators_added"] += 1

    def _remember_quota(self, register: Register) -> None:
        try:
            used, limit = register.quota()
        except (RegisterAway, RegisterRefused, QuotaUsedUp) as error:
            _log.warning("the quota is not known: %s", error)
            return
        self._repository.record_quota(used, limit)


def _gathered(register: Register, since: str, this: _Round) -> list[_Change]:
    """What changed, each unit once. What was only checked counts as changed whatever its date says."""
    found: dict[str, _Change] = {}
    for change in _changes(register.changed(since), always=False):
        found[change.number] = change
        _listed(this, found)
    for change in _changes(register.checked(since), always=True):
        found[change.number] = change
        _listed(this, found)
    return list(found.values())


def _listed(this: _Round, found: Mapping[str, _Change]) -> None:
    if len(found) % _BATCH == 0:
        this.check()
        this.tell(len(found), 0, "units listed")


def _changes(items: Iterable[Mapping[str, str]], *, always: bool) -> Iterable[_Change]:
    for item in items:
        number = item.get("EinheitMastrNummer")
        if number:
            yield _Change(
                number=number,
                kind=kind_of(item.get("Einheittyp", "")),
                stamp=item.get("DatumLetzeAktualisierung", ""),  # the register spells it so
                gone=item.get("EinheitSystemstatus") in GONE,
                postcode=item.get("Standort", "").partition(" ")[0],
                always=always,
            )
