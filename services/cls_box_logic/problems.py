"""Which answer each exception is."""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import OperationalError

from redis.exceptions import RedisError

from services.cls_box_logic.errors import (
    ChainAway,
    Conflict,
    ConnectorBroken,
    EngineAway,
    InFlight,
    JournalFull,
    MarketRefused,
    NoAccount,
    NotAllowedHere,
    NotKept,
    OpenEmsUnavailable,
    TpmAway,
    TpmWrong,
    Unknown,
)
from services.shared.web import Problem
from services.shared.web.errors import ProblemOf


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:].rstrip(".") + "."


PROBLEMS: Mapping[type[Exception], ProblemOf] = {
    MarketRefused: lambda error: Problem(409, _sentence(error), extra={"rule": error.rule}),
    NotAllowedHere: lambda error: Problem(403, _sentence(error)),
    Unknown: lambda error: Problem(404, _sentence(error)),
    Conflict: lambda error: Problem(409, _sentence(error)),
    NoAccount: lambda error: Problem(409, _sentence(error)),
    InFlight: lambda error: Problem(409, _sentence(error), retry_after_s=1),
    ChainAway: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    OpenEmsUnavailable: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    TpmAway: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    EngineAway: lambda error: Problem(503, _sentence(error), retry_after_s=60),
    JournalFull: lambda error: Problem(503, _sentence(error), retry_after_s=60),
    NotKept: lambda error: Problem(503, _sentence(error), retry_after_s=60),
    TpmWrong: lambda error: Problem(502, _sentence(error)),
    ConnectorBroken: lambda error: Problem(502, _sentence(error)),
    OperationalError: lambda error: Problem(
        503, f"The box's disk does not take it ({error}); make room on it and try again.", retry_after_s=60
    ),
    RedisError: lambda _: Problem(503, "The box's job queue (Redis) does not answer.", retry_after_s=5),
}
