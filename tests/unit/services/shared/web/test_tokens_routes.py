"""Routes let pass whom they name, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.shared.web import Resource, create_service
from services.shared.web.openapi import document_of
from services.shared.web.tokens import ANYONE, SERVICE, TokenGuard, TokenVerifier, caller, groups
from tests.unit.services.shared.web.own_tokens import ADMIN, OF_A_SERVICE, PAIR, claims


class _Routes:
    @staticmethod
    def client(verifier: TokenVerifier) -> FlaskClient:
        frame = create_service("thing", base_path="/thing", description="Things", guard=TokenGuard(verifier))
        v1 = frame.v1

        @v1.route("/open")
        class Open(Resource):
            @groups(ANYONE)
            def get(self) -> dict[str, Any]:
                """Open."""
                return {"open": True}

        @v1.route("/admin")
        class Admin(Resource):
            @groups("Admin", SERVICE)
            def get(self) -> dict[str, Any]:
                """For administrators and services."""
                return {"who": caller().username}

            @v1.doc(description="All")
            @groups("Admin", "User", "EVU")
            @v1.response(201, "Made")
            def post(self) -> dict[str, Any]:
                """For all."""
                return {"who": caller().sub}

        @v1.route("/forgotten")
        class Forgotten(Resource):
            def get(self) -> dict[str, Any]:
                """Nobody said who may."""
                return {}

        client = frame.app.test_client()
        client.application.extensions["frame"] = frame
        return client


@pytest.fixture
def client(verifier: TokenVerifier) -> Iterator[FlaskClient]:
    with _Routes.client(verifier) as client:
        yield client


def bearer(**changes: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {PAIR.token(claims(**changes))}"}


@pytest.mark.parametrize(
    ("method", "path", "who", "status"),
    [
        ("GET", "/open", None, 200),
        ("GET", "/admin", None, 401),
        ("GET", "/admin", {}, 403),
        ("GET", "/admin", ADMIN, 200),
        ("HEAD", "/admin", {}, 403),
        ("HEAD", "/admin", ADMIN, 200),
        ("GET", "/admin", OF_A_SERVICE, 200),
        ("POST", "/admin", {}, 200),
        ("POST", "/admin", OF_A_SERVICE, 403),
        ("POST", "/admin", {"cognito:groups": []}, 403),
        ("PUT", "/admin", ADMIN, 405),
        ("OPTIONS", "/admin", None, 405),
        ("GET", "/forgotten", ADMIN, 403),
        ("GET", "/forgotten", OF_A_SERVICE, 403),
        ("GET", "/health", None, 200),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_tokens_a_route_lets_pass_whom_it_names(
    client: FlaskClient, method: str, path: str, who: dict[str, Any] | None, status: int
) -> None:
    answer = client.open(f"/thing/api/v1{path}", method=method, headers={} if who is None else bearer(**who))
    assert answer.status_code == status
    if status in (401, 403) and method != "HEAD":
        assert answer.content_type == "application/problem+json"


def test_tokens_the_caller_is_the_one_of_the_request(client: FlaskClient) -> None:
    for name in ("one", "two"):
        answer = client.get("/thing/api/v1/admin", headers=bearer(username=name, **ADMIN))
        assert answer.get_json() == {"who": name}


def test_tokens_the_document_says_who_may(client: FlaskClient) -> None:
    document = document_of(client.application.extensions["frame"])
    paths = document["paths"]
    assert paths["/api/v1/admin"]["get"]["x-groups"] == ["Admin", "service"]
    assert paths["/api/v1/admin"]["post"]["x-groups"] == ["Admin", "EVU", "User"]
    assert paths["/api/v1/open"]["get"]["security"] == []
    assert "security" not in paths["/api/v1/admin"]["get"]


@pytest.mark.parametrize("wrong", [(), ("admin",), ("Admin", "Nobody")])
def test_tokens_a_group_that_is_none_is_seen_at_once(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no groups"):
        groups(*wrong)
