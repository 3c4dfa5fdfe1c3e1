"""Whatever is sent, the answer is one that the document names, and never an error of the service's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.mastr.stage import Stage

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
_NEAR = st.fixed_dictionaries(
    {},
    optional={
        "source": _JSON
        | st.sampled_from(["x.zip", "../x", "https://download.marktstammdatenregister.de/[", "x" * 999]),
        "filter": _JSON | st.fixed_dictionaries({"postcodes": st.lists(st.text(max_size=6), max_size=3)}),
        "unit_type": _JSON | st.sampled_from(["H0", "WP", "E0"]),
        "name": _JSON,
        "gross_power_kw": _JSON,
        "operator_mastr_nr": _JSON | st.from_regex(r"[A-Z]{3}9[0-9]{11}", fullmatch=True),
    },
)
_MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_MANY
@given(path=st.sampled_from(["/init", "/unit"]), body=_NEAR | _JSON, key=st.none() | st.text("ab!~ é", max_size=5))
def test_bodies(stage: Stage, path: str, body: Any, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency_Key": key}
    answer = stage.call("POST", path, body, **headers)
    assert answer.status_code in {201, 202, 400, 409}, answer.get_data(as_text=True)


_PATHS = (
    "/unit/{}",
    "/job/{}",
    "/marktakteur/{}/units",
    "/status?{}",
    "/marktakteur/ABR900000000119/units?{}",
)
_QUERIES = ("limit=1", "cursor=WyJfaWQiLDEsMV0", "cursor=", "limit=-1", "limit=٣")


@_MANY
@given(path=st.sampled_from(_PATHS), text=st.text(max_size=30) | st.sampled_from(_QUERIES))
def test_paths_and_queries(stage: Stage, path: str, text: str) -> None:
    answer = stage.call("GET", path.format(text))
    assert answer.status_code in {200, 400, 404, 405}, answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"source":"x","source":"y"}', b"0" * 300_000]
)
def test_bodies_that_are_no_json(stage: Stage, raw: bytes) -> None:
    answer = stage.client.post(
        "/mastr-connector/api/v1/init",
        data=raw,
        headers={"Authorization": f"Bearer {'s' * 40}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
