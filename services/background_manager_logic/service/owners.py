"""Whose box it is: the participant record says it; when none does, the pool's attributes, from which one is made."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from services.background_manager_logic.domain import MAX_KWH_ANNUM, Participant, PoolUser
from services.background_manager_logic.errors import Conflict, Unfit
from services.background_manager_logic.ports import PoolPort
from services.background_manager_logic.repository import Repository
from services.background_manager_logic.service.participants import Participation


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a box. `record` is None where only his attributes say so; then `values` are what his record will be."""

    sub: str
    username: str
    email: str | None
    record: Participant | None
    values: dict[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """What he is called: nothing that a pseudonym may be."""
        return (self.username, *([] if self.email is None else [self.email.partition("@")[0]]))


class Owners:
    """Only administrators write the attributes that count here."""

    def __init__(self, repository: Repository, pool: PoolPort, participation: Participation) -> None:
        self._kept = repository
        self._pool = pool
        self._participation = participation

    def of_box(self, ip: str) -> Owner:
        """Raises Conflict (nobody, several, a disabled one), IdentitySilent, IdentityWrong."""
        found = self._kept.participants.any({"cls_box_ip": ip})
        if found is None:
            return self._by_attributes(ip)
        if found.disabled:
            raise Conflict(f"the participant of the box at {ip} is disabled; enable him first")
        return Owner(found.sub, found.username, found.email, found, {})

    def make_record(self, owner: Owner) -> None:
        """From his attributes. Raises Conflict, IdentitySilent, IdentityWrong."""
        try:
            self._participation.add(owner.username, owner.values)
        except Unfit as error:
            attribute = f"the attribute custom:{error.field} of {owner.username}"
            raise Conflict(f"{attribute} {error.what}; correct it") from error

    def _by_attributes(self, ip: str) -> Owner:
        named = [user for user in self._pool.users() if user.enabled and _names(user, ip)]
        if not named:
            raise Conflict(
                f"no participant has the box at {ip}; tie it to one with POST or PATCH /participant, or write its "
                "address into the attribute custom:cls_box_ip of its user"
            )
        if len(named) > 1:
            who = ", ".join(sorted(user.username for user in named))
            raise Conflict(f"the attribute custom:cls_box_ip of several users names the box at {ip}: {who}; leave one")
        user = named[0]
        if self._kept.participants.get(user.sub) is not None:
            raise Conflict(
                f"{user.username} is named by his attribute only, his record does not name the box at {ip}; "
                "tie it to him with PATCH /participant"
            )
        return Owner(user.sub, user.username, user.email, None, _values(user, ip))


def _names(user: PoolUser, ip: str) -> bool:
    try:
        return str(ip_address(user.attributes.get("cls_box_ip", ""))) == ip
    except ValueError:
        return False


def _values(user: PoolUser, ip: str) -> dict[str, Any]:
    """Raises Conflict."""
    values: dict[str, Any] = {"cls_box_ip": ip}
    if number := user.attributes.get("betreiber_mastr_nr"):
        values["betreiber_mastr_nr"] = number
    if text := user.attributes.get("kwh_annum"):
        if not text.isascii() or not text.isdigit() or int(text) > MAX_KWH_ANNUM:
            raise Conflict(f"the attribute custom:kwh_annum of {user.username} is no whole number of kWh; correct it")
        values["kwh_annum"] = int(text)
    return values
