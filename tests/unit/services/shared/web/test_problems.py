"""Whatever is sent, the answer is a problem that says what is wrong: never a 500, never a 422, never a page."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from services.shared.web import Problem

from .conftest import BEARER, Closed, LateClosed

THING = "/thing-api/api/v1/thing"


def post(client: FlaskClient, body: bytes, content_type: str = "application/json") -> TestResponse:
    return client.post(THING, data=body, content_type=content_type, headers=BEARER)


def problem_of(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.get_data())
    assert problem["status"] == status
    assert set(problem) >= {"type", "title", "status", "detail"}
    assert len(problem["detail"]) < 2000
    return problem


def test_a_valid_body_arrives_as_it_was_sent(client: FlaskClient) -> None:
    body = {"name": "abc", "count": 0, "free": "ä €", "colour": "red", "parts": [{"size": 1}]}
    response = post(client, json.dumps(body).encode())
    assert (response.status_code, response.get_json()) == (201, body)


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (b"{}", "name", "is missing"),
        (b'{"name": 1}', "name", "a string"),
        (b'{"name": null}', "name", "a string"),
        (b'{"name": "abc\\n"}', "name", "must look like"),
        (b'{"name": "ABC"}', "name", "must look like"),
        (b'{"name": "abc", "more": 1}', "more", "not known"),
        (b'{"name": "abc", "count": "1"}', "count", "an integer"),
        (b'{"name": "abc", "count": 1.0}', "count", "an integer"),
        (b'{"name": "abc", "count": true}', "count", "an integer"),
        (b'{"name": "abc", "count": -1}', "count", "at least 0"),
        (b'{"name": "abc", "count": 18446744073709551616}', "count", "64 bits"),
        (b'{"name": "abc", "count": 1e999}', "count", "too large"),
        (b'{"name": "abc", "count": ' + b"9" * 5000 + b"}", "count", "64 bits"),
        (b'{"name": "abc", "free": "12345678901"}', "free", "at most 10"),
        (b'{"name": "abc", "free": "a\\u0000"}', "free", "NUL"),
        (b'{"name": "abc", "free": "\\ud800"}', "free", "surrogate"),
        (b'{"name": "abc", "colour": "green"}', "colour", "one of red, blue"),
        (b'{"name": "abc", "parts": {}}', "parts", "an array"),
        (b'{"name": "abc", "parts": [1]}', "parts.0", "an object"),
        (b'{"name": "abc", "parts": [{"size": 1}, {}]}', "parts.1.size", "is missing"),
        (b'{"name": "abc", "parts": [{"size": 1, "x": 2}]}', "parts.0.x", "not known"),
        (b'{"name": "abc", "parts": [{"size": 4294967296}]}', "parts.0.size", "at most 4294967295"),
        (b'{"name": "abc", "parts": [' + b'{"size": 1},' * 3 + b'{"size": 1}]}', "parts", "at most 3"),
        (b'{"name": "abc", "name": "abd"}', "", "twice"),
        (b'{"name": NaN}', "", "NaN"),
        (b"[]", "", "an object"),
        (b'"abc"', "", "an object"),
        (b"null", "", "an object"),
        (b"", "", "not JSON"),
        (b"name=abc", "", "not JSON"),
        (b'{"name": "abc"', "", "not JSON"),
        (b'{"name": "abc"} x', "", "not JSON"),
        (b"\xef\xbb\xbf{}", "", "JSON"),
        (b"\xff\xfe{}", "", "UTF-8"),
        (b"[" * 40, "", "JSON"),
        (b"[" * 40 + b"]" * 40, "", "deeply"),
        (b"[" * 30000 + b"]" * 30000, "", "deeply"),
        (b'{"a":' * 12000, "", "deeply"),
        (b"x" * 70000, "", "too large"),
    ],
)
def test_a_wrong_body_is_a_400_that_names_the_field(client: FlaskClient, body: bytes, field: str, words: str) -> None:
    errors = problem_of(post(client, body), 400)["errors"]
    assert words in errors[field]


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/x-www-form-urlencoded", "", "multipart/form-data", "\xff"]
)
def test_another_content_type_is_a_400(client: FlaskClient, content_type: str) -> None:
    assert "application/json" in problem_of(post(client, b'{"name": "abc"}', content_type), 400)["detail"]


def test_a_compressed_body_is_a_400(client: FlaskClient) -> None:
    response = client.post(
        THING, data=b"\x1f\x8b", content_type="application/json", headers={**BEARER, "Content-Encoding": "gzip"}
    )
    assert "compressed" in problem_of(response, 400)["detail"]


def test_a_value_that_is_refused_is_not_repeated(client: FlaskClient) -> None:
    assert b"TOPSECRET" not in post(client, b'{"name": "TOPSECRET"}').get_data()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=abc", "limit"),
        ("limit=1.0", "limit"),
        ("limit=%2B1", "limit"),
        ("limit=", "limit"),
        ("limit=%D9%A1", "limit"),  # ARABIC-INDIC DIGIT ONE
        ("limit=" + "9" * 5000, "limit"),
        ("limit=1&limit=2", "limit"),
        ("kind=c", "kind"),
        ("kind=%00", "kind"),
        ("kind=%ff", "kind"),
        ("sort=up", "sort"),
    ],
)
def test_a_wrong_query_is_a_400_that_names_the_parameter(client: FlaskClient, query: str, field: str) -> None:
    assert field in problem_of(client.get(f"{THING}?{query}", headers=BEARER), 400)["errors"]


def test_a_query_is_read_with_its_defaults(client: FlaskClient) -> None:
    assert client.get(THING, headers=BEARER).get_json() == {"limit": 100, "kind": None}
    assert client.get(f"{THING}?limit=7&kind=a", headers=BEARER).get_json() == {"limit": 7, "kind": "a"}


@pytest.mark.parametrize("name", ["ABC", "abcdef", "%00", "%ff", "a%0a", "%F0%9F%92%A9", "a" * 3000])
def test_a_wrong_path_parameter_is_a_400(client: FlaskClient, name: str) -> None:
    assert "name" in problem_of(client.get(f"{THING}/{name}", headers=BEARER), 400)["errors"]


@pytest.mark.parametrize("path", ["/", "/nothing", "/thing-api/api/v1/nothing", "/thing-api/api/v1/thing/a/b", "/%00"])
def test_a_path_that_is_not_there_is_a_404_problem(client: FlaskClient, path: str) -> None:
    problem_of(client.get(path, headers=BEARER), 404)


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "QUERY"])
def test_a_method_that_is_not_there_is_a_405_problem_with_allow(client: FlaskClient, method: str) -> None:
    response = client.open(THING, method=method, headers=BEARER)
    problem_of(response, 405)
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_an_exception_of_the_service_gets_its_problem(client: FlaskClient, state: dict[str, Any]) -> None:
    for error in (Closed("the gate"), LateClosed("the gate")):
        state["raise"] = error
        problem = problem_of(post(client, b'{"name": "abc"}'), 409)
        assert (problem["rule"], problem["detail"]) == ("M-BID-01", "Closed: the gate.")


def test_a_problem_carries_its_retry_after(client: FlaskClient, state: dict[str, Any]) -> None:
    state["raise"] = Problem(503, "The TPM is away.", retry_after_s=7)
    response = post(client, b'{"name": "abc"}')
    assert (problem_of(response, 503)["detail"], response.headers["Retry-After"]) == ("The TPM is away.", "7")


@pytest.mark.parametrize(
    "error", [ValueError("hidden"), KeyError("hidden"), RecursionError("hidden"), AssertionError("hidden")]
)
def test_an_unexpected_exception_is_a_503_whose_incident_stands_in_the_log(
    client: FlaskClient, state: dict[str, Any], caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    state["raise"] = error
    response = post(client, b'{"name": "abc"}')
    problem = problem_of(response, 503)
    assert re.fullmatch("[0-9a-f]{16}", problem["incident"])
    assert problem["incident"] in caplog.text
    assert "hidden" in caplog.text
    assert "hidden" not in response.get_data(as_text=True)
    assert response.headers["Retry-After"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_body_whatever_gets_another_answer_than_201_and_400(client: FlaskClient, body: bytes) -> None:
    response = post(client, body)
    if response.status_code != 201:
        problem_of(response, 400)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.fixed_dictionaries(
        {"name": st.text(max_size=6)},
        optional={"count": JSON, "free": st.text(max_size=12), "parts": st.lists(JSON, max_size=4)},
    )
)
def test_no_nearly_right_body_gets_another_answer_than_201_and_400(client: FlaskClient, body: dict[str, Any]) -> None:
    response = post(client, json.dumps(body).encode())
    if response.status_code == 201:
        assert response.get_json() == body
    else:
        assert problem_of(response, 400)["errors"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=8), value=st.text(max_size=8))
def test_no_path_or_query_gets_another_answer_than_200_400_404(client: FlaskClient, name: str, value: str) -> None:
    response = client.get(f"{THING}/x", query_string={name: value}, headers=BEARER)
    assert response.status_code == 200
    assert client.get(THING, query_string={name: value}, headers=BEARER).status_code in (200, 400)
