"""After the day, with all that went wrong in it: nothing secret and nobody's name or number stands in a log."""

from __future__ import annotations

import pytest

from tests.faults.told import people_of, secrets_of, told
from tests.local_system import RunningSystem

SOME = (
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.sig",
    "Authorization: Bearer Zm9vYmFyZm9vYmFy",
    "PVT_K1_2bfGi9rYsXQSXXTvJbDAPhHLQUojjaNLomdm3cEJ1XTzMqUt3V",
    "mongodb://tbi:geheim@127.0.0.1:27017/",
)


@pytest.mark.parametrize("text", SOME)
def test_what_is_secret_by_its_shape_is_seen(text: str) -> None:
    assert list(told(text, {}))


def test_nothing_secret_and_nobody_stands_in_any_log(system: RunningSystem) -> None:
    settings = system.plan.settings
    words = secrets_of(settings.data) | people_of(settings.data)
    assert len(words) > 60
    assert all(list(told(f"a line with {word} in it", words)) for word in words)
    logs = sorted(settings.logs.iterdir())
    assert len(logs) > len(system.plan.programs) // 2
    found = {log.name: what for log in logs if (what := list(told(log.read_text(errors="replace"), words)))}
    assert found == {}
