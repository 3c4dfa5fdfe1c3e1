"""Which answer each exception is."""

from __future__ import annotations

from collections.abc import Mapping

from services.blockchain_connector.auth.errors import (
    ChallengeRequired,
    IdentitySilent,
    IdentityWrong,
    LoginRefused,
)
from services.blockchain_connector.domain import UnfitAccount
from services.blockchain_connector.participants import ManagerSilent, ManagerWrong
from services.blockchain_connector.performer.accounts import AccountTaken
from services.blockchain_connector.performer.authority import NotPermitted
from services.blockchain_connector.performer.proposals import MOST_OPEN, ProposalStands, TooManyProposals
from services.blockchain_connector.performer.service import InFlight, KeyReused, NotYetKnown, Refused
from services.shared.chain.errors import AbiError, ChainError, ChainUnavailable, NotFound, SignerUnavailable
from services.shared.web import Problem, invalid
from services.shared.web.auth import unauthorized
from services.shared.web.errors import ProblemOf


def _refused(error: Refused) -> Problem:
    refusal = error.refusal
    extra = {"rule": refusal.rule} if refusal.status == 409 else None
    return Problem(refusal.status, refusal.detail, extra=extra)


PROBLEMS: Mapping[type[Exception], ProblemOf] = {
    Refused: _refused,
    KeyReused: lambda _: Problem(
        409,
        "This Idempotency-Key stands for another order; take a new key for a new order.",
        extra={"key_reused": True},
    ),
    InFlight: lambda _: Problem(
        409,
        "The order of this Idempotency-Key is under way; ask again with the same key.",
        extra={"in_flight": True},
        retry_after_s=1,
    ),
    NotYetKnown: lambda error: Problem(
        503,
        "The transaction was sent but is in no block yet. It is followed up; ask again with the same Idempotency-Key.",
        extra={"transaction_id": str(error)},
        retry_after_s=5,
    ),
    NotPermitted: lambda error: Problem(403, str(error)),
    UnfitAccount: lambda error: invalid({error.field: error.what}),
    AccountTaken: lambda error: Problem(
        409, f"The account {error} stands on the chain already, with another key; choose another name."
    ),
    ProposalStands: lambda error: Problem(
        409, f"The proposal {error} stands before the governors already.", extra={"rule": None, "stands": True}
    ),
    TooManyProposals: lambda _: Problem(
        409, f"{MOST_OPEN} proposals are open; take some back, or let the governors decide.", extra={"rule": None}
    ),
    LoginRefused: lambda error: unauthorized(f"The sign-in is refused: {error}."),
    ChallengeRequired: lambda error: Problem(
        403,
        f"More than a password is asked for ({error}): sign in at the portal; this route is for machine users, who "
        "have no second factor.",
        extra={"challenge": str(error)},
    ),
    IdentitySilent: lambda error: Problem(
        503, f"The identity provider does not answer ({error}); try again in a moment.", retry_after_s=5
    ),
    IdentityWrong: lambda error: Problem(
        502, f"The identity provider refused the call ({error}); see its configuration and this service's."
    ),
    ManagerSilent: lambda error: Problem(
        503,
        f"The number can only be looked up by the Background-Manager-Logic: {error}. Give its hash or the metering "
        "point's id, or try again.",
        extra={"away": "manager"},
        retry_after_s=5,
    ),
    ManagerWrong: lambda error: Problem(
        502, f"The Background-Manager-Logic is wrong: {error}; see its version and this service's token."
    ),
    AbiError: lambda error: Problem(400, f"An action's data does not fit the contract's ABI: {error}."),
    NotFound: lambda error: Problem(404, f"The chain does not know it: {error}."),
    SignerUnavailable: lambda error: Problem(
        503, f"The signer is away, so nothing was sent: {error}.", extra={"away": "signer"}, retry_after_s=5
    ),
    ChainUnavailable: lambda error: Problem(
        503, f"The chain does not answer: {error}.", extra={"away": "chain"}, retry_after_s=5
    ),
    ChainError: lambda error: Problem(502, f"The chain answered wrongly: {error}."),
}
