"""Registering once, whoever else does at the same time; whose box it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from services.background_manager_logic.connector import Action, Receipt
from services.background_manager_logic.domain import account_name
from services.background_manager_logic.errors import ChainRefused, Unfit, Unknown
from services.background_manager_logic.service.registry import Registry, hash_of, point_action

SALT = "5a" * 16
DONE = Receipt("ab" * 32, 7)


class ScriptedChain:
    """Has points; refuses, once for each entry of `meanwhile`, because another has registered these."""

    def __init__(self, *meanwhile: Sequence[str]) -> None:
        self.hashes: list[str] = []
        self.meanwhile = list(meanwhile)
        self.rule = "M-REG-01"
        self.sent: list[int] = []
        self.keys: set[str] = set()

    def rows(self, _contract: str, table: str, _scope: str, **bounds: Any) -> list[dict[str, Any]]:
        if table != "points":
            return []
        found = [{"id": number, "hash": one, "account": "abc"} for number, one in enumerate(self.hashes, 1)]
        return [row for row in found if int(str(row["hash"])[:16], 16) == bounds["lower"]]

    def transact(self, actions: Sequence[Action], idempotency_key: str) -> Receipt:
        self.sent.append(len(actions))
        self.keys.add(idempotency_key)
        if self.meanwhile:
            self.hashes += self.meanwhile.pop(0)
            raise ChainRefused(self.rule, "no")
        self.hashes += [str(action.data["hash"]) for action in actions]
        return DONE

    def make_account(self, _account_name: str, _public_key: str) -> Receipt | None:
        return None


def _registered(chain: ScriptedChain, *wanted: str) -> tuple[list[str], Receipt | None]:
    registry = Registry(chain)

    def missing() -> list[tuple[str, Action]]:
        return [
            (digest, point_action("lem", "abc", "group", digest))
            for digest in wanted
            if registry.point("lem", digest) is None
        ]

    return registry.register(missing)


A, B = hash_of(SALT, "meter a"), hash_of(SALT, "meter b")


def test_m_reg_01_what_is_missing_is_registered_in_one_transaction() -> None:
    chain = ScriptedChain()
    assert _registered(chain, A, B) == ([A, B], DONE)
    assert _registered(chain, A, B) == ([], None)
    assert chain.sent == [2]


def test_m_reg_01_what_another_has_registered_meanwhile_is_done() -> None:
    chain = ScriptedChain([A])
    assert _registered(chain, A, B) == ([B], DONE)
    assert (chain.sent, len(chain.keys)) == ([2, 1], 2)
    both = ScriptedChain([A, B])
    assert _registered(both, A, B) == ([], None)


def test_a_refusal_that_stays_is_given_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.background_manager_logic.service.registry._SEEN_WITHIN_S", 0.0)
    with pytest.raises(ChainRefused):
        _registered(ScriptedChain([]), A)
    other = ScriptedChain([A])
    other.rule = "M-RAM-03"
    with pytest.raises(ChainRefused):
        _registered(other, A, B)
    assert other.sent == [2]


def test_hashes_that_begin_alike_are_told_apart() -> None:
    chain = ScriptedChain()
    chain.hashes = [A[:16] + "0" * 48, A]
    found = Registry(chain).point("lem", A)
    assert found is not None
    assert found.id == 2
    assert Registry(chain).point("lem", A[:16] + "1" * 48) is None


def test_a_market_that_is_not_there_is_unknown() -> None:
    with pytest.raises(Unknown, match="no market nomarket"):
        Registry(ScriptedChain()).require_market("nomarket")


@pytest.mark.parametrize("name", ["anna", "annaberg1", "abcdefghijkl"])
def test_m_prv_01_an_account_is_not_its_owners_name(name: str) -> None:
    with pytest.raises(Unfit, match="M-PRV-01"):
        account_name(name, ["Anna", "anna.berg+1", "ABCDEFGHIJKLMNOP"])
    assert account_name(name + "2" if len(name) < 12 else name[:-1] + "2", ["Anna", "Anna.Berg1"])


@pytest.mark.parametrize("name", ["", "A", "a.b", "abcdefghijklm", "a6", "eosio", "eosio5", "tbievu", "tbigovern1"])
def test_an_account_is_a_name_that_may_be_made(name: str) -> None:
    with pytest.raises(Unfit, match="account_name"):
        account_name(name, [])
