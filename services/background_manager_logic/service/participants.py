"""Participant records: what services decide by. The pool's attributes follow them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from services.background_manager_logic.domain import Account, Box, Meter, Participant, Unit, checked_changes
from services.background_manager_logic.errors import (
    Conflict,
    IdentitySilent,
    IdentityWrong,
    NotOwn,
    Unfit,
    Unknown,
)
from services.background_manager_logic.ports import PoolPort
from services.background_manager_logic.repository import Listed, Repository

_log = logging.getLogger(__name__)
_WORDS = {"username": "user", "cls_box_ip": "box", "eos_account": "chain account"}


@dataclass(frozen=True, slots=True)
class MeteringPoint:
    """A meter of the participant's box, with the units that feed in behind it."""

    serial_number: str
    kwh_annum: int | None
    unit_mastr_nrs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A participant with his metering points."""

    participant: Participant
    metering_points: tuple[MeteringPoint, ...]


class Participation:
    """The record is the truth: it is kept first, and the pool is told then; while the pool is away, later."""

    def __init__(
        self,
        repository: Repository,
        pool: PoolPort,
        *,
        networks: Iterable[IPv4Network | IPv6Network],
        clock: Callable[[], datetime],
    ) -> None:
        self._kept = repository
        self._pool = pool
        self._networks = tuple(networks)
        self._clock = clock

    def add(self, username: str, values: Mapping[str, object]) -> Known:
        """A record for a user of the pool. Raises Unfit, Unknown, Conflict, IdentitySilent, IdentityWrong."""
        user = self._pool.user(username)
        if user is None:
            raise Unknown(f"the identity provider has no user {username}; make the account first")
        now = self._clock()
        made = Participant(
            sub=user.sub,
            username=user.username,
            email=user.email,
            cls_box_ip=None,
            eos_account=None,
            betreiber_mastr_nr=None,
            kwh_annum=None,
            salt=None,
            disabled=False,
            mirrored=False,
            version=1,
            created_at=now,
            updated_at=now,
        )
        participant = replace(made, **checked_changes(values, self._networks))
        self._check(participant)
        if not self._kept.participants.add(participant):
            raise self._conflict(participant)
        self._box_must_stay(participant, before=None)
        return self._mirrored(participant)

    def change(self, sub: str, values: Mapping[str, object]) -> Known:
        """Change some values; null takes one back. Raises Unfit, Unknown, Conflict."""
        changes = checked_changes(values, self._networks)
        while True:
            before = self.record(sub)
            after = replace(
                before,
                **changes,
                mirrored=False,
                version=before.version + 1,
                updated_at=self._clock(),
            )
            self._check(after)
            done = self._kept.participants.replace(after, version=before.version)
            if done is None:
                raise self._conflict(after)
            if done:
                self._box_must_stay(after, before=before)
                return self._mirrored(after)

    def record(self, sub: str) -> Participant:
        """Raises Unknown."""
        found = self._kept.participants.get(sub)
        if found is None:
            raise Unknown(f"there is no participant {sub}")
        return found

    def known(self, sub: str) -> Known:
        """Raises Unknown."""
        return self._with_points(self.record(sub))

    def list(self, limit: int, cursor: str | None) -> Listed[Known]:
        found = self._kept.participants.list({}, limit, cursor)
        return Listed([self._with_points(participant) for participant in found.items], found.next_cursor)

    def active(self, sub: str) -> Participant:
        """The record by which a user may act. Raises NotOwn."""
        found = self._kept.participants.get(sub)
        if found is None:
            raise NotOwn("there is no participant record for this account; ask the administrator")
        if found.disabled:
            raise NotOwn("this participant is disabled; ask the administrator")
        return found

    def export(self, sub: str) -> dict[str, Any]:
        """All that is kept here about a person. Raises Unknown."""
        participant = self.record(sub)
        at = {"cls_box_ip": participant.cls_box_ip}
        box: Box | None = None
        account: Account | None = None
        meters: Iterable[Meter] = ()
        units: Iterable[Unit] = ()
        if participant.cls_box_ip is not None:
            box = self._kept.boxes.get(participant.cls_box_ip)
            meters, units = self._kept.meters.all(at), self._kept.units.all(at)
        if participant.eos_account is not None:
            account = self._kept.accounts.get(participant.eos_account)
        return {
            "participant": asdict(participant),
            "cls_box": None if box is None else asdict(box),
            "chain_account": None if account is None else asdict(account),
            "grid_meters": [asdict(meter) for meter in meters],
            "units": [asdict(unit) for unit in units],
            "security_keys": [asdict(key) for key in self._kept.security_keys.of(sub)],
        }

    def erase(self, sub: str) -> None:
        """Remove the user's account, his record and what else names him: what ties box and chain account to a person.

        Only of a disabled participant, so that nobody is erased while he trades. Raises Unknown, Conflict,
        IdentitySilent, IdentityWrong (then nothing but the account is gone, and it may be tried again).
        """
        participant = self.record(sub)
        if not participant.disabled:
            raise Conflict("only a disabled participant is erased; disable him first")
        self._pool.erase(participant.username)
        self._kept.security_keys.remove_all(sub)
        self._kept.forget_traces(participant)
        self._kept.participants.remove(sub)

    def mirror_rest(self) -> int:
        """Tell the pool what it has not been told yet; how many are still open."""
        waiting = 0
        for participant in self._kept.participants.all({"mirrored": False}):
            waiting += not self._mirror(participant)
        return waiting

    def _check(self, participant: Participant) -> None:
        if (taken := self._kept.participants.taken(participant)) is not None:
            raise Conflict(f"this {_WORDS[taken]} belongs to another participant")
        ip = participant.cls_box_ip
        if ip is not None and self._kept.boxes.get(ip) is None:
            raise Unfit("cls_box_ip", "must be the address of a box that was added")
        account = None if participant.eos_account is None else self._kept.accounts.get(participant.eos_account)
        if account is not None and account.cls_box_ip != ip:
            raise Conflict(
                f"the account {account.account_name} belongs to the box at {account.cls_box_ip}; box and account are "
                "taken back together"
            )

    def _conflict(self, participant: Participant) -> Conflict:
        taken = self._kept.participants.taken(participant)
        if taken is not None:
            return Conflict(f"this {_WORDS[taken]} belongs to another participant")
        return Conflict(f"{participant.username} is a participant already")

    def _box_must_stay(self, after: Participant, *, before: Participant | None) -> None:
        """See repository.Parents: who joins looks again whether the box is still there."""
        if after.cls_box_ip is None or self._kept.boxes.is_staying(after.cls_box_ip):
            return
        if before is None:
            self._kept.participants.remove(after.sub)
        else:
            self._kept.participants.replace(replace(before, version=after.version + 1), version=after.version)
        raise Conflict(f"the box at {after.cls_box_ip} has just been removed")

    def _mirrored(self, participant: Participant) -> Known:
        done = self._mirror(participant)
        return self._with_points(replace(participant, mirrored=done))

    def _mirror(self, participant: Participant) -> bool:
        try:
            self._pool.mirror(participant.username, participant.attributes(), disabled=participant.disabled)
        except (IdentitySilent, IdentityWrong) as error:
            _log.warning("the pool does not have participant %s yet: %s", participant.sub, error)
            return False
        self._kept.participants.remember_mirrored(participant.sub, participant.version)
        return True

    def _with_points(self, participant: Participant) -> Known:
        if participant.cls_box_ip is None:
            return Known(participant, ())
        at = {"cls_box_ip": participant.cls_box_ip}
        units = list(self._kept.units.all(at))
        points = tuple(
            MeteringPoint(
                meter.serial_number,
                meter.kwh_annum,
                tuple(unit.mastr_nr for unit in units if unit.meter_serial_number == meter.serial_number),
            )
            for meter in self._kept.meters.all(at)
        )
        return Known(participant, points)


def keep_mirrored(participation: Participation, stopped: threading.Event, every_s: float) -> None:
    """Tell the pool what it missed, until told to stop."""
    while not stopped.wait(every_s):
        try:
            participation.mirror_rest()
        except Exception as error:  # the database is away, say: it is tried again
            _log.warning("participants could not be mirrored: %s", error)
