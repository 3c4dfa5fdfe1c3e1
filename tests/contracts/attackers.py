"""Accounts that mean harm: what an attacker would put on an account of his own (sources: tests/contracts/hostile/)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from tests.contracts.chain_tester import REPOSITORY, Act, Pushed, authority
from tests.contracts.scene import Scene

HOSTILE = REPOSITORY / "tests/contracts/hostile/build"


class Mood(IntEnum):
    """What an intruder does when it is told of a transfer."""

    THROW = 1
    FORWARD = 2
    BILL = 3
    WITHDRAW = 4


def intrude(scene: Scene, name: str, mood: Mood | int = 0, other: str = "") -> str:
    """Puts the intruder on an account of the scene's, which may then send actions by itself (`eosio.code`)."""
    if name not in scene.keys:
        scene.keys[name] = scene.chain.create(name)
    scene.chain.authorize(name, "active", authority(scene.keys[name], code=name))
    scene.chain.deploy(name, "intruder", HOSTILE)
    if mood:
        scene.chain.push(Act(name, "arm", {"mood": int(mood), "other": other}, [name]))
    return name


def fake_token(scene: Scene, name: str = "fake") -> str:
    """A new account with a token that looks like EUR and moves whatever it is told to."""
    account = scene.account(name)
    scene.chain.deploy(account, "faketoken", HOSTILE)
    return account


def relay(scene: Scene, intruder: str, act: Act, actor: str, *signed: str) -> Pushed:
    """The intruder sends an action as if `actor` had signed it; `signed` have signed the call of the intruder."""
    data = {"actor": actor, "account": act.contract, "name": act.name, "data": scene.chain.pack(act)}
    return scene.chain.push(Act(intruder, "relay", data, signed or [intruder]))


def gamble(scene: Scene, intruder: str, act: Act, offer: int, **wish: Any) -> Pushed:
    """The intruder acts by its own right and undoes it all unless the offer then stands as it wishes."""
    sent = {"account": act.contract, "name": act.name, "data": scene.chain.pack(act)}
    wanted = {"status": 0, "bidder": "", "closes_at": 2**32 - 1, **wish}
    data = {**sent, "market": scene.market, "offer": offer, **wanted}
    return scene.chain.push(Act(intruder, "gamble", data, [intruder]))
