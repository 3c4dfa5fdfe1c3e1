"""A box's connector tells of the chain what it saw lately: each probe would be traffic on a narrow link."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.blockchain_connector import checks
from services.shared.web import CheckFailed


def test_a_good_answer_stands_until_it_is_old_or_the_watcher_sees_no_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    now, answers = [1000.0], iter(["head block 1", "head block 2", CheckFailed("away"), "head block 4", "head block 5"])
    monkeypatch.setattr(checks.time, "monotonic", lambda: now[0])
    loop = SimpleNamespace(last_error=None)

    def check() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    kept = checks.kept_while_watching(check, cast(Any, loop), 300.0)
    assert [kept(), kept()] == ["head block 1"] * 2
    now[0] += 300
    assert kept() == "head block 2"
    loop.last_error = "no node of the chain answers"
    with pytest.raises(CheckFailed):
        kept()
    loop.last_error = None
    assert [kept(), kept()] == ["head block 4"] * 2, "what failed is not kept"
    now[0] += 299
    assert kept() == "head block 4"
    now[0] += 1
    assert kept() == "head block 5"
