"""Checks a settlement file without a node: the operator's signature, the proofs, the rules, the statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.settlement import files, rules
from auditor.settlement.errors import Invalid
from auditor.settlement.evidence import proven_actions
from auditor.settlement.facts import Facts
from auditor.settlement.proofs import check_chain
from auditor.settlement.statement import claim_json, claim_of, statement
from auditor.settlement.wire import WireError


@dataclass(frozen=True, slots=True)
class Verified:
    """What holds. `signer`: the key of the operator who answers for it; `blocks`: how many hold the `actions`."""

    signer: str
    chain_id: str
    statement: Mapping[str, Any]
    actions: int
    blocks: int
    sealed_by: tuple[str, ...]


def verify(data: bytes, *, chain_id: str | None = None, key: str | None = None) -> Verified:
    """All of a file, which must be of the chain and by the operator's key when these are given.

    Raises Unreadable for what is no such file, Invalid (with what is wrong) for one that does not hold.
    """
    content = files.read(data)
    signer = files.check_signature(content)
    if key is not None and signer != key:
        raise Invalid(f"the file is signed by {signer}, not by the expected key {key}")
    chain = content["chain"]
    if chain_id is not None and chain["id"] != chain_id:
        raise Invalid(f"the file is of the chain {chain['id']}, not of {chain_id}")
    try:
        return _verified(content, signer)
    except (WireError, ValueError, LookupError, TypeError, OverflowError) as error:
        raise Invalid(f"a part of the file is not what it should be: {error}") from error


def _verified(content: Mapping[str, Any], signer: str) -> Verified:
    chain = content["chain"]
    seal = check_chain(chain)
    actions = proven_actions(chain["id"], content["blocks"], seal)
    claim = claim_of(content["statement"], content["claim"])
    facts = Facts(claim, actions)
    rules.check_all(facts)
    if claim_json(claim) != content["claim"]:
        raise Invalid("the claim is not written as it should be")
    _check_equal(statement(facts), content["statement"], "statement")
    producers = tuple(sorted({signed.header.producer for signed in seal.headers}))
    blocks = len({action.block for action in actions})
    return Verified(signer, chain["id"], content["statement"], len(actions), blocks, producers)


def _check_equal(proven: Any, said: Any, where: str) -> None:
    """Raises Invalid for the first place where the statement says something else than the actions prove."""
    if isinstance(proven, dict) and isinstance(said, dict) and proven.keys() == said.keys():
        for name in proven:
            _check_equal(proven[name], said[name], f"{where}.{name}")
    elif isinstance(proven, list) and isinstance(said, list) and len(proven) == len(said):
        for number, (a, b) in enumerate(zip(proven, said, strict=True)):
            _check_equal(a, b, f"{where}[{number}]")
    elif type(proven) is not type(said) or proven != said:
        raise Invalid(f"{where}: the actions prove {proven!r:.200}, the file says {said!r:.200}")
