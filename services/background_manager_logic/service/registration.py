"""Registering a box's account: on the chain, at the box, in the participant record.

The order, and why:

1. Looked at, with nothing changed: box, market, whose box it is, the key with its attestation, what the chain has.
2. The owner's participant record, when only the pool's attributes name him: it ties him to the box, not to an account.
3. The account is kept here (`accounts`): name and box are taken once, whoever asks at the same time.
4. The chain: the account with the TPM's key, then box and metering points in one transaction. Before it each meter is
   marked, so that none is removed in between.
5. The box is told its account and its owner: from then on it acts.
6. The participant record names the account, and the pool is told: from then on services act by it.

Every step is looked up before it is made. So what a failure leaves is completed by the same call again, and nobody
decides by a registration that is not complete, for the record comes last.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

from services.background_manager_logic.attestation import AttestationRefused, Evidence, verify
from services.background_manager_logic.connector import Action
from services.background_manager_logic.domain import SALT, Account, Box, Meter, account_name, box_address
from services.background_manager_logic.errors import BoxWrong, ChainRefused, Conflict, Unknown
from services.background_manager_logic.ports import BoxPort, ChainPort
from services.background_manager_logic.repository import Listed, Repository
from services.background_manager_logic.service.owners import Owner, Owners
from services.background_manager_logic.service.participants import Participation
from services.background_manager_logic.service.registered import (
    BoxKey,
    Owned,
    Registered,
    RegisteredPoint,
    must_fit,
    same_key,
)
from services.background_manager_logic.service.registry import Registry, box_action, hash_of, point_action

_NONCE_BYTES = 32


class Registration:
    """Accounts of boxes. `group`: the balancing group of new metering points."""

    def __init__(
        self,
        repository: Repository,
        participation: Participation,
        owners: Owners,
        boxes: BoxPort,
        chain: ChainPort,
        *,
        group: str,
        networks: Iterable[IPv4Network | IPv6Network],
        clock: Callable[[], datetime],
    ) -> None:
        self._kept = repository
        self._participation = participation
        self._owners = owners
        self._boxes = boxes
        self._chain = chain
        self._registry = Registry(chain)
        self._group = group
        self._networks = tuple(networks)
        self._clock = clock

    def register(self, ip: str, name: str, market: str) -> Registered:
        """Make what is missing of the registration of the box at `ip`.

        Raises Unfit, Unknown (box, market), Conflict (also when nothing is missing), BoxSilent, BoxWrong, ChainRefused,
        ChainSilent, ChainWrong, IdentitySilent, IdentityWrong.
        """
        box = self._box(ip)
        self._registry.require_market(market)
        owner = self._owners.of_box(box.ip)
        account_name(name, owner.names)
        self._must_be_free(name, box, owner)
        key = self._attested_key(box)
        must_fit(key, name, box, owner)
        self._must_fit_what_is_known(name, key, owner)
        self._must_fit_the_chain(market, name, key, self._meters(box))
        added: list[str] = []
        if owner.record is None:
            self._owners.make_record(owner)
            added.append("participant record")
        account = self._claimed(name, box, key)
        transactions = self._on_chain(account, key, market, added)
        points = self._points(account, key.salt, market, added)
        if (key.account, key.owner_sub) != (name, owner.sub):
            self._boxes.bind(box.ip, name, owner.sub)
            added.append("box's binding")
        record = self._participation.record(owner.sub)
        if (record.eos_account, record.salt) != (name, key.salt):
            self._participation.change(owner.sub, {"eos_account": name, "salt": key.salt})
            added.append("participant's account")
        if not added:
            raise Conflict(
                f"the account {name} of the box at {box.ip} is registered in the market {market} already, "
                "with all meters that were added"
            )
        account = self._kept.accounts.get(name) or account
        return Registered(account, owner.sub, market, points, tuple(added), transactions)

    def accounts(self, limit: int, cursor: str | None) -> Listed[Owned]:
        """Accounts that stand on the chain."""
        found = self._kept.accounts.list({"markets": {"$ne": []}}, limit, cursor)
        return Listed([self._owned(account) for account in found.items], found.next_cursor)

    def _owned(self, account: Account) -> Owned:
        owner = self._kept.participants.any({"eos_account": account.account_name})
        return Owned(account, None if owner is None else owner.sub)

    def _box(self, ip: str) -> Box:
        address = box_address(ip, self._networks, "cls_box_ip")
        found = self._kept.boxes.get(address)
        if found is None:
            raise Unknown(f"there is no box at {address}; add it first with POST /cls-box")
        return found

    def _must_be_free(self, name: str, box: Box, owner: Owner) -> None:
        """Neither name nor box is another's, by what is known here."""
        record = owner.record
        if record is not None and record.eos_account not in (None, name):
            raise Conflict(
                f"the box's participant has the account {record.eos_account} already; repeat it with that name"
            )
        other = self._kept.participants.any({"eos_account": name, "_id": {"$ne": owner.sub}})
        known = self._kept.accounts.get(name)
        if other is not None or (known is not None and known.cls_box_ip != box.ip):
            raise Conflict(f"the account {name} belongs to another participant; choose another name")
        mine = self._kept.accounts.of_box(box.ip)
        if mine is not None and mine.account_name != name:
            raise Conflict(f"the registration of this box as {mine.account_name} has begun; repeat it with that name")

    def _attested_key(self, box: Box) -> BoxKey:
        """The box's key, fresh and verified. Raises BoxSilent, BoxWrong."""
        nonce = secrets.token_hex(_NONCE_BYTES)
        told = self._boxes.account_key(box.ip, nonce)
        try:
            evidence = Evidence.read(told)
            attested = verify(evidence, bytes.fromhex(nonce), str(told["public_key"]))
        except AttestationRefused as error:
            raise BoxWrong(
                f"the attestation of the box at {box.ip} does not verify: {error}; see its TPM and who answers there"
            ) from error
        salt, account, owner_sub = told.get("salt"), told.get("account"), told.get("owner_sub")
        if not isinstance(salt, str) or not re.fullmatch(SALT.strip("^$"), salt):
            raise BoxWrong(f"the box at {box.ip} has no salt of 8 to 64 bytes; provision it anew")
        return BoxKey(
            attested.public_key,
            attested.attesting_key,
            salt,
            account if isinstance(account, str) else None,
            owner_sub if isinstance(owner_sub, str) else None,
            {**evidence.as_json(), "nonce": nonce, "pcr_digest": attested.pcr_digest},
        )

    def _must_fit_what_is_known(self, name: str, key: BoxKey, owner: Owner) -> None:
        """The TPM and the salt are those of the first registration."""
        known, record = self._kept.accounts.get(name), owner.record
        if known is None:
            return
        if (known.public_key, known.attesting_key) != (key.public_key, key.attesting_key):
            raise Conflict(
                f"the box at {known.cls_box_ip} answers with another key than that of its account {name}: its TPM was "
                "replaced; a change of its key is an action of its own (M-REG-04)"
            )
        if record is not None and record.eos_account == name and record.salt not in (None, key.salt):
            raise Conflict(
                f"the box at {known.cls_box_ip} has another salt than when {name} was registered, so that its numbers "
                "would stand on the chain twice; restore its provisioning file"
            )

    def _must_fit_the_chain(self, market: str, name: str, key: BoxKey, meters: Sequence[Meter]) -> None:
        known = self._registry.box_key(market, name)
        if known is not None and not same_key(known, key.public_key):
            raise Conflict(
                f"the box {name} is registered in the market {market} with another key; a change of its key is an "
                "action of its own (M-REG-04)"
            )
        list(self._missing(name, key, market, meters))

    def _claimed(self, name: str, box: Box, key: BoxKey) -> Account:
        """The account, kept here: the one place where a name and a box are taken. Raises Conflict."""
        now = self._clock()
        made = Account(name, box.ip, key.public_key, key.attesting_key, key.evidence, now, (), now)
        if not self._kept.accounts.add(made):
            known = self._kept.accounts.get(name)
            if known is None or known.cls_box_ip != box.ip:
                raise Conflict(f"the account {name} or the box at {box.ip} has just been taken by another registration")
            return known
        if not self._kept.boxes.is_staying(box.ip):
            self._kept.accounts.remove(name)
            raise Conflict(f"the box at {box.ip} has just been removed")
        return made

    def _on_chain(self, account: Account, key: BoxKey, market: str, added: list[str]) -> tuple[str, ...]:
        """Account, box and points; gives the transactions."""
        name = account.account_name
        try:
            made = self._chain.make_account(name, key.public_key)
        except ChainRefused as error:
            if not account.markets:  # nothing of it can be on the chain, for the account is another's
                self._kept.accounts.remove(name)
            raise Conflict(
                f"the account {name} is taken on the chain, with another key; choose another name"
            ) from error
        if made is not None:
            added.append("chain account")
        meters = [meter for meter in self._meters(account) if self._kept.meters.mark(meter.serial_number, market)]

        def missing() -> Sequence[tuple[str, Action]]:
            return list(self._missing(name, key, market, meters))

        try:
            registered, receipt = self._registry.register(missing)
        except (ChainRefused, Conflict):
            self._unmark(key, market, meters)
            raise
        added += registered
        self._kept.accounts.add_market(name, market)
        return tuple(found.transaction_id for found in (made, receipt) if found is not None)

    def _meters(self, of: Box | Account) -> list[Meter]:
        return list(self._kept.meters.all({"cls_box_ip": of.ip if isinstance(of, Box) else of.cls_box_ip}))

    def _missing(self, name: str, key: BoxKey, market: str, meters: Sequence[Meter]) -> Iterable[tuple[str, Action]]:
        """What of box and meters the chain does not have. Raises Conflict (a point is another's)."""
        if self._registry.box_key(market, name) is None:
            yield "box", box_action(market, name, key.public_key)
        for meter in meters:
            digest = hash_of(key.salt, meter.serial_number)
            point = self._registry.point(market, digest)
            if point is None:
                yield _named(meter), point_action(market, name, self._group, digest)
            elif point.account != name:
                raise Conflict(f"the meter {meter.serial_number} is registered as a point of {point.account}")

    def _unmark(self, key: BoxKey, market: str, meters: Sequence[Meter]) -> None:
        """After a refusal: what does not stand on the chain may be removed again."""
        for meter in meters:
            if self._registry.point(market, hash_of(key.salt, meter.serial_number)) is None:
                self._kept.meters.unmark(meter.serial_number, market)

    def _points(self, account: Account, salt: str, market: str, added: Sequence[str]) -> tuple[RegisteredPoint, ...]:
        found = []
        for meter in self._meters(account):
            point = self._registry.point(market, hash_of(salt, meter.serial_number))
            if point is not None:
                found.append(RegisteredPoint(meter.serial_number, point.id, _named(meter) in added))
        return tuple(found)


def _named(meter: Meter) -> str:
    return f"meter {meter.serial_number}"
