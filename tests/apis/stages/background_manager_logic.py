"""The Background-Manager-Logic with chain, connector and two boxes that trade."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from services.shared.times import iso
from tests.apis.stages.ground import Ground
from tests.apis.target import Target
from tests.integration.background_manager_logic.manager import Register
from tests.integration.market.box import wait_for_trading
from tests.integration.market.stage import Stage
from tests.integration.market.trading import Floor

_ROLES = ("seller", "bidder1")
_SLOT_S = 20


@contextmanager
def background_manager_logic(ground: Ground) -> Iterator[Target]:
    """In a market of short slots with an offer and a bid."""
    register = Register(ground.identity)
    chain = ground.chain()
    stage = Stage(ground.folder, chain, ground.identity, ground.mongo, register, roles=_ROLES)
    try:
        stage.start()
        stage.clear()
        floor = Floor(stage, chain.open_market(_SLOT_S, retain_s=0), _SLOT_S)
        for role in _ROLES:
            stage.join(role, floor.market)
            floor.pay_in(role)
            wait_for_trading(stage.boxes[role])
        yield Target(
            "background_manager_logic",
            stage.manager.url.partition("/background")[0],
            ground.callers,
            _known(ground, floor),
        )
    finally:
        stage.stop()
        register.close()


def _agreements(floor: Floor, buyer: str, slot: int) -> tuple[str, str, int]:
    """A proposed contract, a proposed deal, and a slot beyond the horizon."""
    number, beyond = floor.stage.boxes["seller"].mastr_nr, floor.slot_in(5000)
    about = {"unit_mastr_nr": number, "price_ct_per_kwh": "26"}
    contract = floor.did("evu", "/market/passive-contract", **about, from_slot=iso(beyond))
    floor.forecast(floor.unit("seller"), slot)
    terms = {"buyer_account": buyer, "slot_start": iso(slot), "energy_wh": 1000}
    deal = floor.did("seller", "/market/p2p", **about, **terms)
    return contract["contract_id"], deal["deal_id"], beyond


def _known(ground: Ground, floor: Floor) -> dict[str, tuple[Any, ...]]:
    slot = floor.slot_in(600)
    floor.forecast(floor.unit("seller"), slot)
    offer = floor.offer(slot)["offer_id"]
    floor.did("bidder1", "/market/bid", offer_id=offer, price_ct_per_kwh="25")
    accounts = tuple(str(floor.stage.boxes[role].provisioned["account"]) for role in _ROLES)
    contract, deal, beyond = _agreements(floor, accounts[1], floor.slot_in(700))
    boxes = [floor.stage.boxes[role] for role in _ROLES]
    users = [ground.identity.user(role) for role in (*_ROLES, "newcomer")]
    units = tuple(unit.mastr_nr for box in boxes for unit in box.plan.units)
    operators = tuple(box.plan.operator_nr for box in boxes if box.plan.operator_nr)
    return {
        "ip": (boxes[0].ip, boxes[1].ip, "127.0.1.14"),
        "cls_box_ip": (boxes[0].ip, boxes[1].ip, "127.0.1.14"),
        "serial_number": tuple(box.serial for box in boxes),
        "mastr_nr": (*units, *operators),
        "unit_mastr_nr": units,
        "marktakteur_mastr_nr": operators,
        "sub": tuple(user["sub"] for user in users),
        "participant_sub": tuple(user["sub"] for user in users),
        "username": tuple(user["username"] for user in users),
        "password": tuple(user["password"] for user in users),
        "eos_account": tuple(str(box.provisioned["account"]) for box in boxes),
        "account_name": (str(boxes[0].provisioned["account"]), "newaccount11"),
        "market": (floor.market, "lem"),
        "offer_id": (offer, 1),
        "id": (offer, 1),
        "slot_start": (iso(slot), iso(slot + _SLOT_S), "2025-03-30T02:30"),
        "from": (iso(slot - 86_400),),
        "to": (iso(slot + 86_400),),
        "date": (datetime.now(UTC).date().isoformat(),),
        "buyer_account": accounts,
        "contract_id": (contract,),
        "deal_id": (deal,),
        **dict.fromkeys(("from_slot", "until_slot", "end_slot"), (iso(beyond), iso(beyond + _SLOT_S))),
        "kwh": (1,),
        "energy_wh": (10, 1000),
        "start_price_ct_per_kwh": ("20",),
        "price_ct_per_kwh": ("26", "27.5"),
        "amount_eur": ("1.00",),
        "follow_s": (0,),
    }
