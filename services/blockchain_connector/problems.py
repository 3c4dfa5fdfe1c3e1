"""Which answer each exception is."""

from __future__ import annotations

from collections.abc import Mapping

from services.blockchain_connector.performer.authority import NotPermitted
from services.blockchain_connector.performer.service import InFlight, KeyReused, NotYetKnown, Refused
from services.shared.chain.errors import AbiError, ChainError, ChainUnavailable, NotFound, SignerUnavailable
from services.shared.web import Problem
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
