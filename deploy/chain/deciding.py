"""What a governor does with his key: look at a proposal, approve it, and have it executed (M-ADM-01, M-ADM-02).

His key is read where he runs this and nowhere else: no service has it (docs/adr/0018).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from market.values import Money, Price
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError
from services.shared.chain.model import Receipt
from services.shared.chain.multisig import MSIG, Proposal, ProposedAction, council, proposals
from services.shared.chain.signer import Signer
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until

_EFFECT_S: Final = 10.0
_PRICES: Final = ("tick", "min_price", "max_price", "evu_buy", "evu_sell")
_ROWS: Final[Mapping[str, tuple[str, str]]] = {"setparams": ("params", "params"), "setprices": ("prices", "prices")}


class NoSuchProposal(ChainError):  # noqa: N818 - the name says what is
    """Nothing of this name stands before the governors, or several do."""


class NoEffect(ChainError):  # noqa: N818 - the name says what happened
    """It was executed, and the market refused it."""


def find(chain: ChainClient, name: str, proposer: str | None = None) -> Proposal:
    """The one proposal of that name. Raises NoSuchProposal."""
    found = [one for one in proposals(chain, proposer) if one.name == name]
    if not found:
        raise NoSuchProposal(f"no proposal {name} stands before the governors; see ./tbi governance list")
    if len(found) > 1:
        who = ", ".join(one.proposer for one in found)
        raise NoSuchProposal(f"several have proposed something under the name {name}: give --proposer, one of {who}")
    return found[0]


def undecided(chain: ChainClient, proposal: Proposal) -> list[str]:
    """The governors who have not approved it."""
    approved = {one.level for one in proposal.approvals if one.at is not None}
    return [actor for actor, permission in council(chain).levels if (actor, permission) not in approved]


def approve(chain: ChainClient, proposal: Proposal, governor: str, signer: Signer) -> Receipt:
    """Approve just this content: the chain compares its hash. Raises ChainError."""
    data = {
        "proposer": proposal.proposer,
        "proposal_name": proposal.name,
        "level": {"actor": governor, "permission": "active"},
        "proposal_hash": proposal.hash,
    }
    return chain.push([Action(MSIG, "approve", [(governor, "active")], data)], [signer])


def execute(chain: ChainClient, proposal: Proposal, executer: str, signer: Signer) -> Receipt:
    """Have it executed; whoever has an account may, once enough have approved.

    eosio.msig executes in a transaction of its own, whose refusal nobody is told: so what it was to change is looked
    at. Raises NoEffect, ChainError.
    """
    data = {"proposer": proposal.proposer, "proposal_name": proposal.name, "executer": executer}
    receipt = chain.push([Action(MSIG, "exec", [(executer, "active")], data)], [signer])
    try:
        wait_until(lambda: all(_stands(chain, act) for act in proposal.actions), _EFFECT_S, what="the change")
    except TimeoutError as error:
        raise NoEffect(
            f"{proposal.name} was executed and has changed nothing: the market refuses it, for instance because "
            "trading of its slot has begun by now (M-ADM-03)"
        ) from error
    return receipt


def _stands(chain: ChainClient, act: ProposedAction) -> bool:
    """Whether a change of the market stands; of other actions nothing can be seen here."""
    if act.account != "tbimarket" or act.name not in _ROWS or act.data is None:
        return True
    member, table = _ROWS[act.name]
    slot = act.data[member]["from_slot"]
    rows = chain.rows("tbimarket", act.data["market"], table, lower=slot, upper=slot)
    return act.data[member] in rows


def told(proposal: Proposal, now: float) -> Iterator[str]:
    """The proposal in words, line by line: what would change, until when, who has approved."""
    yield f"proposal    {proposal.name} of {proposal.proposer}"
    yield f"hash        {proposal.hash}"
    late = "" if proposal.expires_at > now else "  EXPIRED"
    yield f"until       {_moment(proposal.expires_at)}{late}"
    for act in proposal.actions:
        by = ", ".join(f"{actor}@{permission}" for actor, permission in act.authorization)
        yield f"does        {act.account}::{act.name} by {by}"
        yield from _content(act)
    for one in proposal.approvals:
        word = "has not approved" if one.at is None else f"has approved, {_moment(one.at)}"
        yield f"{one.level[0]:11} {word}"
    yield "approved    " + ("by enough: it may be executed" if proposal.is_approved else "not by enough yet")


def _content(act: ProposedAction) -> Iterator[str]:
    if act.data is None:
        yield f"            packed data that fits no ABI of today: {act.packed}"
        return
    for name, value in act.data.items():
        if isinstance(value, Mapping) and act.name in _ROWS:
            for field, number in value.items():
                yield f"            {field:12} {_readable(field, number)}"
        else:
            yield f"            {name:12} {str(value)[:200]}"


def _readable(field: str, value: Any) -> str:
    if field == "from_slot":
        return f"{_moment(value)}  ({value})"
    if field in _PRICES:
        return f"{Price(value).ct_per_kwh} ct/kWh"
    return f"{Money(value).eur} EUR" if field == "credit_line" else str(value)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
