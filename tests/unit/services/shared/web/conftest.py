"""A small service of our own making, with every kind of input that the frame reads."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.shared.web import (
    BoxSecretGuard,
    Integer,
    Problem,
    Query,
    Resource,
    Service,
    Text,
    create_service,
    fields,
    path_doc,
    read_body,
)
from services.shared.web.tokens import KeySet, TokenVerifier
from tests.unit.services.shared.web.own_tokens import PAIR, POOL

SECRET = "a-secret-of-forty-characters-for-the-box"
BEARER = {"Authorization": f"Bearer {SECRET}"}
QUERY = Query({"limit": Integer("How many", 1, 1000, default=100), "kind": Text("Kind", choices=("a", "b"))})
NAME = Text("Name", pattern="^[a-z]{1,5}$", required=True)


class Closed(Exception):  # noqa: N818 - an exception of a service's own
    pass


class LateClosed(Closed):
    pass


def check_of(state: dict[str, Any]) -> str:
    if state.get("raise"):
        raise state["raise"]
    return "fine"


@pytest.fixture
def state() -> dict[str, Any]:
    """What the service's health check and one of its routes do."""
    return {}


@pytest.fixture
def service(state: dict[str, Any]) -> Service:
    frame = create_service(
        "thing-api",
        base_path="/thing-api",
        description="Things",
        guard=BoxSecretGuard(SECRET),
        health_checks={"engine": lambda: check_of(state)},
        problems={Closed: lambda error: Problem(409, f"Closed: {error}.", extra={"rule": "M-BID-01"})},
        max_body_bytes=64 * 1024,
    )
    v1 = frame.v1
    part = v1.model("Part", {"size": fields.Integer(required=True, min=1, max=2**32 - 1)}, strict=True)
    thing = v1.model(
        "Thing",
        {
            "name": fields.String(required=True, pattern="^[a-z]{1,5}$"),
            "count": fields.Integer(min=0),
            "free": fields.String(max_length=10),
            "colour": fields.String(enum=["red", "blue"]),
            "parts": fields.List(fields.Nested(part), max_items=3),
        },
        strict=True,
    )

    @v1.route("/thing")
    class Things(Resource):
        @v1.expect(thing)
        @v1.response(201, "Made", thing)
        def post(self) -> tuple[Any, int]:
            """Make a thing."""
            body = read_body(thing)
            if "raise" in state:
                raise state["raise"]
            return body, 201

        @v1.doc(params=QUERY.doc())
        @v1.response(200, "Things")
        def get(self) -> Any:
            """List things."""
            return QUERY.read()

    @v1.route("/thing/<string:name>")
    @v1.doc(params=path_doc(name=NAME))
    class Thing(Resource):
        @v1.response(200, "Thing", thing)
        def get(self, name: str) -> Any:
            """One thing."""
            return {"name": NAME.parse("name", name)}

    return frame


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return service.app.test_client()


@pytest.fixture
def verifier() -> TokenVerifier:
    return TokenVerifier(POOL, KeySet(lambda: {"keys": [PAIR.jwk]}))
