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
        shown = [offer for offer in offers if actor.sees_all or offer["seller"] == actor.account]
        if not shown:
            return {}
        numbers = self._by_hash({offer["seller"] for offer in shown})
        keys = {point_key(offer["market"], offer["unit"]) for offer in shown}
        units = {unit["unit"]: unit["hash"] for unit in self._store.of("units").find({"_id": {"$in": sorted(keys)}})}
        found = {offer["offer_id"]: numbers.get(units.get(offer["unit"], "")) for offer in shown}
        return {number: name for number, name in found.items() if name is not None}

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
