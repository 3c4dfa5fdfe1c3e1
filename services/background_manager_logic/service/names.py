"""Which of the chain's units has which MaStR number: known here only (M-PRV-01)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.domain import Unit
from services.background_manager_logic.errors import NotOwn, Unknown
from services.background_manager_logic.market.documents import point_key
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.ports import ChainPort
from services.background_manager_logic.repository import Repository
from services.background_manager_logic.service.actors import Actor
from services.background_manager_logic.service.registry import Registry, hash_of


@dataclass(frozen=True, slots=True)
class OnMarket:
    """A unit with its ids on the chain."""

    unit: Unit
    unit_id: int
    point_id: int


class Names:
    """Looks up a page at a time: three questions to the database, however long the page is."""

    def __init__(self, repository: Repository, store: Store, chain: ChainPort) -> None:
        self._kept = repository
        self._store = store
        self._registry = Registry(chain)

    def of(self, offers: Sequence[Mapping[str, Any]], actor: Actor) -> dict[int, str]:
        """MaStR numbers by the offer's id, for those whose names this actor may know. Offers are of one market."""
        if not offers:
            return {}
        names = self.units(offers[0]["market"], [(offer["seller"], offer["unit"]) for offer in offers], actor)
        return {offer["offer_id"]: names[offer["unit"]] for offer in offers if offer["unit"] in names}

    def units(self, market: str, owned: Sequence[tuple[str, int]], actor: Actor) -> dict[int, str]:
        """MaStR numbers by the unit's id on the chain, for those that this actor may know. `owned`: account and id."""
        shown = [(account, unit) for account, unit in owned if actor.sees_all or account == actor.account]
        if not shown:
            return {}
        numbers = self._by_hash({account for account, _ in shown})
        keys = {point_key(market, unit) for _, unit in shown}
        hashes = {unit["unit"]: unit["hash"] for unit in self._store.of("units").find({"_id": {"$in": sorted(keys)}})}
        found = {unit: numbers.get(hashes.get(unit, "")) for _, unit in shown}
        return {unit: number for unit, number in found.items() if number is not None}

    def account_of(self, unit: Unit) -> str:
        """The pseudonym of a unit's owner. Raises Unknown."""
        owner = self._kept.participants.any({"cls_box_ip": unit.cls_box_ip})
        if owner is None or owner.eos_account is None:
            raise Unknown(f"the owner of the unit {unit.mastr_nr} has no account on the chain")
        return owner.eos_account

    def require_partner(self, account: str) -> None:
        """Raises Unknown where no (enabled) participant has this account."""
        found = self._kept.participants.any({"eos_account": account})
        if found is None or found.disabled:
            raise Unknown(f"there is no participant with the account {account}; your partner sees his at his money")

    def own_unit(self, mastr_nr: str, actor: Actor) -> Unit:
        """A unit of the actor's; of anybody's for the EVU. Raises Unknown, NotOwn."""
        unit = self._kept.units.get(mastr_nr)
        if unit is None:
            raise Unknown(f"there is no unit {mastr_nr}")
        if not actor.is_evu and (actor.cls_box_ip is None or unit.cls_box_ip != actor.cls_box_ip):
            raise NotOwn(f"the unit {mastr_nr} is not yours")
        return unit

    def on_market(self, unit: Unit, market: str) -> OnMarket:
        """Raises Unknown (it is not registered there), ChainSilent, ChainWrong."""
        owner = self._kept.participants.any({"cls_box_ip": unit.cls_box_ip})
        if owner is not None and owner.salt is not None:
            digest = hash_of(owner.salt, unit.mastr_nr)
            known = self._store.of("units").find_one({"market": market, "hash": digest})
            if known is not None:
                return OnMarket(unit, int(known["unit"]), int(known["point"]))
            registered = self._registry.unit(market, digest)
            if registered is not None:
                return OnMarket(unit, registered.id, registered.point)
        raise Unknown(f"the unit {unit.mastr_nr} is not registered in the market {market}; POST /market/unit does it")

    def _by_hash(self, accounts: Iterable[str]) -> dict[str, str]:
        query = {"eos_account": {"$in": sorted(accounts)}}
        salts = {one.cls_box_ip: one.salt for one in self._kept.participants.all(query) if one.salt and one.cls_box_ip}
        units = self._kept.units.all({"cls_box_ip": {"$in": sorted(salts)}})
        return {hash_of(str(salts[unit.cls_box_ip]), unit.mastr_nr): unit.mastr_nr for unit in units}
