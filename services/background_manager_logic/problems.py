"""Which answer each exception is."""

from __future__ import annotations

from collections.abc import Mapping

from services.background_manager_logic.errors import (
    BoxSilent,
    BoxWrong,
    ChainRefused,
    ChainSilent,
    ChainWrong,
    Conflict,
    IdentitySilent,
    IdentityWrong,
    NotOwn,
    OrderRefused,
    OrderUnanswered,
    RegisterSilent,
    RegisterWrong,
    SignInRefused,
    Unfit,
    Unknown,
)
from services.background_manager_logic.service.runs import UnderWay
from services.shared.data import BadCursor, DatabaseUnavailable
from services.shared.web import Problem, invalid
from services.shared.web.auth import unauthorized
from services.shared.web.errors import ProblemOf


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _refused_order(error: OrderRefused) -> Problem:
    """The box's own answer; a 401 with the challenge that HTTP asks for."""
    return Problem(
        error.status,
        _sentence(error),
        errors=error.errors,
        extra={} if error.rule is None else {"rule": error.rule},
        retry_after_s=error.retry_after_s,
        headers={"WWW-Authenticate": "Bearer"} if error.status == 401 else None,
    )


PROBLEMS: Mapping[type[Exception], ProblemOf] = {
    Unknown: lambda error: Problem(404, _sentence(error)),
    Conflict: lambda error: Problem(409, _sentence(error)),
    UnderWay: lambda error: Problem(409, _sentence(error), retry_after_s=10),
    NotOwn: lambda error: Problem(403, _sentence(error)),
    SignInRefused: lambda error: unauthorized(_sentence(error)),
    Unfit: lambda error: invalid({error.field: error.what}),
    BadCursor: lambda error: invalid({"cursor": str(error)}),
    OrderRefused: _refused_order,
    OrderUnanswered: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    BoxSilent: lambda error: Problem(504, _sentence(error), retry_after_s=10),
    BoxWrong: lambda error: Problem(502, _sentence(error)),
    RegisterSilent: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    RegisterWrong: lambda error: Problem(502, _sentence(error)),
    IdentitySilent: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    IdentityWrong: lambda error: Problem(502, _sentence(error)),
    ChainRefused: lambda error: Problem(409, _sentence(error), extra={"rule": error.rule}),
    ChainSilent: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    ChainWrong: lambda error: Problem(502, _sentence(error)),
    DatabaseUnavailable: lambda _: Problem(503, "The database does not answer; try again.", retry_after_s=5),
}
