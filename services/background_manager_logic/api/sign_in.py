"""Routes for signing in: /token, /token/challenge, /token/refresh."""

from __future__ import annotations

from typing import Any

from services.background_manager_logic.api.models import Models
from services.background_manager_logic.cognito import Cognito
from services.shared.web import Namespace, Resource, read_body
from services.shared.web.tokens import ANYONE, groups


def add_sign_in_routes(v1: Namespace, cognito: Cognito, shapes: Models) -> None:
    """Add the routes to `v1`."""

    @v1.route("/token")
    class Token(Resource):
        @v1.expect(shapes.sign_in)
        @v1.response(200, "Tokens, or a challenge to be answered at /token/challenge", shapes.signed_in)
        @v1.response(401, "Name or password are not right")
        @v1.response(503, "The identity provider does not answer")
        @groups(ANYONE)
        def post(self) -> dict[str, Any]:
            """Sign in with name (or e-mail) and password."""
            body = read_body(shapes.sign_in)
            return cognito.sign_in(body["username"], body["password"])

    @v1.route("/token/challenge")
    class Challenge(Resource):
        @v1.expect(shapes.challenge_answer)
        @v1.response(200, "Tokens, or the next challenge", shapes.signed_in)
        @v1.response(401, "The answer is not right, or the session has expired")
        @v1.response(503, "The identity provider does not answer")
        @groups(ANYONE)
        def post(self) -> dict[str, Any]:
            """Answer a challenge: a new password, a code, a second factor."""
            body = read_body(shapes.challenge_answer)
            return cognito.answer(body["username"], body["challenge"], body["session"], body["answer"])

    @v1.route("/token/refresh")
    class Refresh(Resource):
        @v1.expect(shapes.refresh)
        @v1.response(200, "New tokens", shapes.signed_in)
        @v1.response(401, "The refresh token is not right, has expired or was revoked")
        @v1.response(503, "The identity provider does not answer")
        @groups(ANYONE)
        def post(self) -> dict[str, Any]:
            """New tokens for a refresh token."""
            return cognito.refresh(read_body(shapes.refresh)["refresh_token"])
